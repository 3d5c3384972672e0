@NullMarked
package com.runspace.auth;

import org.jspecify.annotations.NullMarked;
