package com.runspace.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes a conversation the way the model was trained to read it. llama.cpp recognizes the family
 * of the template in the file and writes that family's format itself; it does not run the Jinja
 * program. One thing is lost by that: ChatML templates often open with a system message of their
 * own when the caller sends none, and the model behaves differently without it. So that message is
 * read from the template's text and put back.
 */
final class ChatTemplate {
  private static final String FALLBACK = "chatml";
  private static final Pattern OWN_SYSTEM_MESSAGE =
      Pattern.compile(
          "['\"]<\\|im_start\\|>system(?:\\\\n|\n)([^'\"{}]+?)<\\|im_end\\|>(?:\\\\n|\n)?['\"]");

  private final Llama llama;
  private final String template;
  private final String ownSystemMessage;

  private ChatTemplate(Llama llama, String template, String ownSystemMessage) {
    this.llama = llama;
    this.template = template;
    this.ownSystemMessage = ownSystemMessage;
  }

  /** The template of a model; ChatML, the most common one, if the file's is none we know. */
  static ChatTemplate of(Llama llama, String source) {
    Matcher own = OWN_SYSTEM_MESSAGE.matcher(source);
    String system = own.find() ? own.group(1).replace("\\n", "\n") : "";
    ChatTemplate template = new ChatTemplate(llama, source, system);
    return !source.isEmpty() && template.write(List.of(new ChatMessage("user", "hello"))) != null
        ? template
        : new ChatTemplate(llama, FALLBACK, "");
  }

  boolean isFallback() {
    return template.equals(FALLBACK);
  }

  /** The prompt for the next message of the assistant. */
  String prompt(List<ChatMessage> conversation) {
    List<ChatMessage> messages = new ArrayList<>(conversation);
    if (!ownSystemMessage.isEmpty() && !messages.getFirst().role().equals("system")) {
      messages.addFirst(new ChatMessage("system", ownSystemMessage));
    }
    String prompt = write(messages);
    if (prompt == null) {
      throw new IllegalStateException("llama.cpp no longer knows the chat template");
    }
    return prompt;
  }

  private @Nullable String write(List<ChatMessage> messages) {
    try (Arena arena = Arena.ofConfined()) {
      long stride = Layouts.CHAT_MESSAGE.byteSize();
      MemorySegment structs = arena.allocate(Layouts.CHAT_MESSAGE, messages.size());
      for (int i = 0; i < messages.size(); i++) {
        MemorySegment struct = structs.asSlice(i * stride, stride);
        ChatMessage message = messages.get(i);
        Layouts.set(Layouts.CHAT_MESSAGE, struct, "role", arena.allocateFrom(message.role()));
        Layouts.set(Layouts.CHAT_MESSAGE, struct, "content", arena.allocateFrom(message.content()));
      }
      MemorySegment source = arena.allocateFrom(template);
      int length = llama.applyTemplate(source, structs, messages.size(), arena.allocate(1));
      if (length < 0) {
        return null;
      }
      MemorySegment out = arena.allocate(length + 1L);
      llama.applyTemplate(source, structs, messages.size(), out);
      byte[] utf8 = out.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
      return new String(utf8, StandardCharsets.UTF_8);
    }
  }
}
