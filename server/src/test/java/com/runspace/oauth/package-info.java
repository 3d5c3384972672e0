@NullMarked
package com.runspace.oauth;

import org.jspecify.annotations.NullMarked;
