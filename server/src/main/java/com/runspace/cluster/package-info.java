/** Several nodes over one store: who they are, and how they divide what is limited. */
@NullMarked
package com.runspace.cluster;

import org.jspecify.annotations.NullMarked;
