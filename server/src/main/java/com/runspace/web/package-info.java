/** What browsers need beside HTTP: cookies, forms, headers of a page, same-origin checks. */
@NullMarked
package com.runspace.web;

import org.jspecify.annotations.NullMarked;
