CREATE TABLE oauth_client (id VARCHAR(40) PRIMARY KEY, name VARCHAR(100) NOT NULL, redirects TEXT NOT NULL, refreshes BIGINT NOT NULL, created_at BIGINT NOT NULL, used_at BIGINT NOT NULL);
CREATE INDEX oauth_client_by_use ON oauth_client (used_at, created_at);
CREATE TABLE oauth_grant (id VARCHAR(40) PRIMARY KEY, key_id VARCHAR(40) NOT NULL, account VARCHAR(255) NOT NULL, client VARCHAR(2000) NOT NULL, client_name VARCHAR(100) NOT NULL, redirect_host VARCHAR(255) NOT NULL, scope VARCHAR(100) NOT NULL, resource VARCHAR(2000) NOT NULL, ends_at BIGINT NOT NULL, created_at BIGINT NOT NULL);
CREATE INDEX oauth_grant_by_account ON oauth_grant (account, created_at);
CREATE TABLE oauth_code (hash CHAR(64) PRIMARY KEY, grant_id VARCHAR(40) NOT NULL, account VARCHAR(255) NOT NULL, client VARCHAR(2000) NOT NULL, client_name VARCHAR(100) NOT NULL, redirect VARCHAR(2000) NOT NULL, challenge CHAR(43) NOT NULL, scope VARCHAR(100) NOT NULL, resource VARCHAR(2000) NOT NULL, refreshes BIGINT NOT NULL, life_days BIGINT NOT NULL, daily_cap BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT NOT NULL);
CREATE TABLE oauth_token (hash CHAR(64) PRIMARY KEY, kind CHAR(1) NOT NULL, grant_id VARCHAR(40) NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT NOT NULL, seed CHAR(64) NOT NULL);
CREATE INDEX oauth_token_by_grant ON oauth_token (grant_id);
CREATE INDEX oauth_token_by_end ON oauth_token (expires_at);
