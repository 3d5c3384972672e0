package com.runspace.testkit;

/**
 * The end of a connection by the gateway's hand.
 *
 * @param connection which one, counted from 1
 * @param atNanos the {@code System.nanoTime()} at which the upstream saw it
 * @param reset whether it was a reset rather than an orderly close
 * @param requests how many whole requests it had brought
 */
public record Closing(int connection, long atNanos, boolean reset, int requests) {}
