package com.runspace.mcp;

import com.runspace.base.Nanos;

/**
 * How the day of a caller stands.
 *
 * @param left what can still be spent
 * @param resets when the next day begins, in ISO 8601
 * @param tier the tier that grants it; empty for none
 */
public record Allowance(Nanos granted, Nanos left, String resets, String tier) {}
