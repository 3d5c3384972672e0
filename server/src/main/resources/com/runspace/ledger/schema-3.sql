-- Nodes that share a store each have sums of their own, so that none waits for another's, and each
-- finds what it has used itself. What an account has spent is their sum, and is not kept twice.

ALTER TABLE usage_day RENAME TO usage_day_2;

CREATE TABLE usage_day (
  account VARCHAR(255) NOT NULL, day INTEGER NOT NULL, spender VARCHAR(255) NOT NULL,
  model VARCHAR(255) NOT NULL, node INTEGER NOT NULL, calls BIGINT NOT NULL,
  prompt_tokens BIGINT NOT NULL, cached_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL,
  charge BIGINT NOT NULL, PRIMARY KEY (account, day, spender, model, node));

INSERT INTO usage_day
  SELECT account, day, spender, model, 0, calls, prompt_tokens, cached_tokens, output_tokens,
    charge
  FROM usage_day_2;

DROP TABLE usage_day_2;

CREATE INDEX usage_by_day ON usage_day (day, node);

ALTER TABLE allowance_day DROP COLUMN leased;

ALTER TABLE allowance_day DROP COLUMN spent;
