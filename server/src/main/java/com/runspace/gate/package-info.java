/** What you hold on a chain, and the tier that it unlocks. */
@NullMarked
package com.runspace.gate;

import org.jspecify.annotations.NullMarked;
