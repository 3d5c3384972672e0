/** The pages: keys, tier, allowance, usage, models, docs. */
@NullMarked
package com.runspace.dashboard;

import org.jspecify.annotations.NullMarked;
