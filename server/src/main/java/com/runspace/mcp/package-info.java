/**
 * The Model Context Protocol for remote clients: two tools, two eras of the protocol, no sessions.
 */
@NullMarked
package com.runspace.mcp;

import org.jspecify.annotations.NullMarked;
