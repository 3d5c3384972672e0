CREATE TABLE node (
  number BIGINT PRIMARY KEY, id VARCHAR(40) NOT NULL UNIQUE, epoch BIGINT NOT NULL,
  name VARCHAR(255) NOT NULL, seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  forgotten_at BIGINT);

-- What all nodes together have of a limit. A day of 0 is no day: its parts come free again.
CREATE TABLE lease_total (
  subject VARCHAR(600) NOT NULL, day INTEGER NOT NULL, granted BIGINT NOT NULL,
  leased BIGINT NOT NULL CHECK (leased >= 0 AND leased <= granted),
  PRIMARY KEY (subject, day));

CREATE TABLE lease (
  subject VARCHAR(600) NOT NULL, day INTEGER NOT NULL, node BIGINT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0), used BIGINT NOT NULL, wish BIGINT NOT NULL,
  PRIMARY KEY (subject, day, node));

CREATE INDEX lease_by_node ON lease (node);
