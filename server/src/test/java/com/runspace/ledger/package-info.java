/** Holds and settlements, against a naive account. */
@NullMarked
package com.runspace.ledger;

import org.jspecify.annotations.NullMarked;
