package com.runspace.cluster;

/**
 * A node as the store knows it.
 *
 * @param number stands for it in the store's rows
 * @param id a UUID, which lies in its data folder
 * @param epoch how often it was started; what an earlier start still writes is refused
 * @param name where it runs, for operators
 * @param seenMillis when it last wrote, by the store's clock
 * @param expiresMillis when what it has is no longer its own
 * @param isForgotten whether it was given up for good
 */
public record Node(
    long number,
    String id,
    long epoch,
    String name,
    long seenMillis,
    long expiresMillis,
    boolean isForgotten) {}
