-- With random ids as their key, calls that came together lay on as many pages. By account and time
-- they lie in the order in which they come, and what many have in common is said once.

ALTER TABLE call RENAME TO call_1;

CREATE TABLE billed_account (
  number INTEGER PRIMARY KEY, account VARCHAR(255) NOT NULL UNIQUE);

INSERT INTO billed_account
  SELECT ROW_NUMBER() OVER (ORDER BY account), account
  FROM (SELECT DISTINCT account FROM call_1) AS one;

CREATE TABLE call_kind (
  number INTEGER PRIMARY KEY, account VARCHAR(255) NOT NULL, spender VARCHAR(255) NOT NULL,
  model VARCHAR(255) NOT NULL, provider VARCHAR(64) NOT NULL, input_price BIGINT NOT NULL,
  cached_price BIGINT NOT NULL, output_price BIGINT NOT NULL, granted BIGINT NOT NULL,
  basis VARCHAR(16) NOT NULL, ended VARCHAR(16) NOT NULL, clamped SMALLINT NOT NULL,
  flagged SMALLINT NOT NULL,
  UNIQUE (
    account, spender, model, provider, input_price, cached_price, output_price, granted, basis,
    ended, clamped, flagged));

INSERT INTO call_kind
  SELECT ROW_NUMBER() OVER (ORDER BY account, spender), one.*
  FROM (
    SELECT DISTINCT
      account, spender, model, provider, input_price, cached_price, output_price, granted, basis,
      ended, clamped, flagged
    FROM call_1) AS one;

CREATE TABLE call (
  account INTEGER NOT NULL, admitted_at BIGINT NOT NULL, id CHAR(32) NOT NULL,
  kind INTEGER NOT NULL, day INTEGER NOT NULL, held BIGINT NOT NULL,
  prompt_tokens BIGINT NOT NULL, cached_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL,
  cost BIGINT NOT NULL, charge BIGINT NOT NULL, settled_at BIGINT NOT NULL,
  PRIMARY KEY (account, admitted_at, id));

INSERT INTO call
  SELECT a.number, c.admitted_at, c.id, k.number, c.day, c.held, c.prompt_tokens,
    c.cached_tokens, c.output_tokens, c.cost, c.charge, c.settled_at
  FROM call_1 c
  JOIN billed_account a ON a.account = c.account
  JOIN call_kind k
    ON (
      k.account, k.spender, k.model, k.provider, k.input_price, k.cached_price, k.output_price,
      k.granted, k.basis, k.ended, k.clamped, k.flagged)
    = (
      c.account, c.spender, c.model, c.provider, c.input_price, c.cached_price, c.output_price,
      c.granted, c.basis, c.ended, c.clamped, c.flagged)
  ORDER BY a.number, c.admitted_at, c.id;

DROP TABLE call_1;
