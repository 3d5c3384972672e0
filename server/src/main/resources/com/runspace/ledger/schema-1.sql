CREATE TABLE call (
  id CHAR(32) PRIMARY KEY, account VARCHAR(255) NOT NULL, spender VARCHAR(255) NOT NULL,
  day INTEGER NOT NULL, model VARCHAR(255) NOT NULL, provider VARCHAR(64) NOT NULL,
  input_price BIGINT NOT NULL, cached_price BIGINT NOT NULL, output_price BIGINT NOT NULL,
  granted BIGINT NOT NULL, held BIGINT NOT NULL, prompt_tokens BIGINT NOT NULL,
  cached_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL, cost BIGINT NOT NULL,
  charge BIGINT NOT NULL, basis VARCHAR(16) NOT NULL, ended VARCHAR(16) NOT NULL,
  clamped SMALLINT NOT NULL, flagged SMALLINT NOT NULL, admitted_at BIGINT NOT NULL,
  settled_at BIGINT NOT NULL);

CREATE INDEX call_by_account ON call (account, admitted_at, id);

CREATE TABLE allowance_day (
  account VARCHAR(255) NOT NULL, day INTEGER NOT NULL, granted BIGINT NOT NULL,
  leased BIGINT NOT NULL, spent BIGINT NOT NULL, PRIMARY KEY (day, account));

CREATE TABLE usage_day (
  account VARCHAR(255) NOT NULL, day INTEGER NOT NULL, spender VARCHAR(255) NOT NULL,
  model VARCHAR(255) NOT NULL, calls BIGINT NOT NULL, prompt_tokens BIGINT NOT NULL,
  cached_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL, charge BIGINT NOT NULL,
  PRIMARY KEY (account, day, spender, model));

CREATE INDEX usage_by_day ON usage_day (day);
