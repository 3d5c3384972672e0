/** Lets apps in that their users approve: the authorization server of the MCP server. */
@NullMarked
package com.runspace.oauth;

import org.jspecify.annotations.NullMarked;
