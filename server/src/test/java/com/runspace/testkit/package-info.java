/**
 * What tests are made with: both ends of a conversation with the gateway on real sockets, clocks
 * that stand still, and the source tree as the rules of the house read it.
 */
@NullMarked
package com.runspace.testkit;

import org.jspecify.annotations.NullMarked;
