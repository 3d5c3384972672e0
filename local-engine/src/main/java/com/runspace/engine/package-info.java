/** A small OpenAI-compatible server over llama.cpp: one model, one process, loopback only. */
@NullMarked
package com.runspace.engine;

import org.jspecify.annotations.NullMarked;
