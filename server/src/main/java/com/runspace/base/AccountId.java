package com.runspace.base;

/** Names one account: the one who is granted an allowance and owns keys. */
public record AccountId(String value) {
  public AccountId {
    if (value.isEmpty()) {
      throw new IllegalArgumentException("an account id cannot be empty");
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
