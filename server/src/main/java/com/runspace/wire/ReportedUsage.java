package com.runspace.wire;

/**
 * The figures of a provider's usage object as sent, sensible or not.
 *
 * @param total {@code total_tokens}, or the sum of the other two when absent
 */
public record ReportedUsage(
    long prompt, long cached, long completion, long reasoning, long total) {}
