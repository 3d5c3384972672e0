package com.runspace.engine;

/** One message of a conversation, with the role as the chat template knows it. */
record ChatMessage(String role, String content) {}
