/** What the settings file may say. */
@NullMarked
package com.runspace.config;

import org.jspecify.annotations.NullMarked;
