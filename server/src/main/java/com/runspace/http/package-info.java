/** The server: sockets, routing, request ids. Knows nothing of models or money. */
@NullMarked
package com.runspace.http;

import org.jspecify.annotations.NullMarked;
