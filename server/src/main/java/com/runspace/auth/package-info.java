/** The doors of sign-in: challenge, verify, sessions. */
@NullMarked
package com.runspace.auth;

import org.jspecify.annotations.NullMarked;
