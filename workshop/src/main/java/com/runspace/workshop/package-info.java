/**
 * The bench: RunSpace beside nginx and another gateway, under the same load in the same run.
 *
 * <p>{@link com.runspace.workshop.Bench} conducts; {@link com.runspace.workshop.Upstream} plays the
 * provider and {@link com.runspace.workshop.Load} the clients, each in a process of its own. All
 * share one machine with what they measure, so both are made to cost little: one or two threads,
 * bytes encoded beforehand, and no more parsing than the checks need.
 *
 * <p>{@link com.runspace.workshop.Fuzz} and {@link com.runspace.workshop.Slow} are programs of
 * their own, which bring hostile and slow callers to the same gateway.
 */
@NullMarked
package com.runspace.workshop;

import org.jspecify.annotations.NullMarked;
