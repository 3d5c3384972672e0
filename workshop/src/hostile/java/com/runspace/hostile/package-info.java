/**
 * Hostile input for a running gateway: requests broken on purpose, and a client and a provider that
 * look at everything that comes of them.
 *
 * <p>Uses nothing but the JDK and knows nothing of the gateway's code, so that what it expects is
 * written down twice. The tests of the server and the workshop both compile these sources.
 */
@NullMarked
package com.runspace.hostile;

import org.jspecify.annotations.NullMarked;
