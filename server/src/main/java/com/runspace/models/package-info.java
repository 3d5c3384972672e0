/** The catalogue: id, name, window, prices, output ceiling, the worst-case quote. */
@NullMarked
package com.runspace.models;

import org.jspecify.annotations.NullMarked;
