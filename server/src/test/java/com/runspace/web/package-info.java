@NullMarked
package com.runspace.web;

import org.jspecify.annotations.NullMarked;
