/** The OpenAI formats as bytes: request scan and edit, SSE, usage, the error table. */
@NullMarked
package com.runspace.wire;

import org.jspecify.annotations.NullMarked;
