/** What may still be spent today: hold before, settle after, and the history of both. */
@NullMarked
package com.runspace.ledger;

import org.jspecify.annotations.NullMarked;
