package com.runspace.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Repairs the answer of one call, chunk by chunk or whole, before anything else looks at it.
 *
 * <p>Like every edit it splices by position: what needs no repair keeps its bytes. It remembers
 * which choices have begun and which tools they have called, so it belongs to one call. Not safe to
 * share between threads.
 */
public final class AnswerRepair {
  private static final byte[] CHOICES = "choices".getBytes(US_ASCII);
  private static final byte[] INDEX = "index".getBytes(US_ASCII);
  private static final byte[] DELTA = "delta".getBytes(US_ASCII);
  private static final byte[] MESSAGE = "message".getBytes(US_ASCII);
  private static final byte[] FINISH_REASON = "finish_reason".getBytes(US_ASCII);
  private static final byte[] STOP = "stop".getBytes(US_ASCII);
  private static final byte[] ROLE = "role".getBytes(US_ASCII);
  private static final byte[] TOOL_CALLS = "tool_calls".getBytes(US_ASCII);
  private static final byte[] REASONING = "reasoning".getBytes(US_ASCII);
  private static final byte[] REASONING_CONTENT = "reasoning_content".getBytes(US_ASCII);
  private static final byte[] ID = "id".getBytes(US_ASCII);
  private static final byte[] TYPE = "type".getBytes(US_ASCII);
  private static final byte[] FUNCTION = "function".getBytes(US_ASCII);
  private static final byte[] NAME = "name".getBytes(US_ASCII);

  /** Choices beyond this many share their state; a call may ask for eight. */
  private static final int CHOICES_MAX = 64;

  /** One piece of text that takes the place of the bytes between two positions. */
  private record Splice(int from, int to, String text) {}

  /** A value, and where it stands. */
  private static final class Value {
    int from = -1;
    int to;
    private int first;

    void read(JsonReader reader) {
      first = reader.peek();
      from = reader.position();
      reader.skipValue();
      to = reader.position();
    }

    boolean isAbsent() {
      return from < 0;
    }

    boolean isText() {
      return first == '"';
    }

    /** Absent, null or an empty string. */
    boolean saysNothing() {
      return isAbsent() || first == 'n' || (isText() && to - from == 2);
    }
  }

  /** One element of {@code tool_calls}. */
  private static final class Fragment {
    int open;
    int members;
    final Value index = new Value();
    final Value type = new Value();
    String id = "";
    boolean named;
  }

  private final Repairs repairs;

  /** Which repairs have been made so far. */
  final Set<Repairs.Kind> made = EnumSet.noneOf(Repairs.Kind.class);

  private final Map<Integer, ToolCalls> choices = new HashMap<>();
  private final JsonReader reader = new JsonReader();
  // The index of a choice may stand behind its delta, which is therefore read in a second pass.
  private final JsonReader inner = new JsonReader();
  private final List<Splice> splices = new ArrayList<>();
  private final ByteJoiner out = new ByteJoiner(512);
  private byte[] bytes = new byte[0];
  private boolean whole;

  AnswerRepair(Repairs repairs) {
    this.repairs = repairs;
  }

  /**
   * Repairs one chunk.
   *
   * @return whether anything was repaired; if so, the new bytes are in {@link #repaired}
   * @throws JsonReader.Fault when it is no JSON
   */
  public boolean chunk(byte[] bytes, int from, int to) {
    whole = false;
    return repair(bytes, from, to);
  }

  /**
   * Repairs an answer that is not streamed.
   *
   * @return the repaired bytes, or the same array when there was nothing to repair
   * @throws JsonReader.Fault when it is no JSON
   */
  public byte[] answer(byte[] json) {
    whole = true;
    return repair(json, 0, json.length) ? out.toByteArray() : json;
  }

  /** The bytes that were repaired last. */
  public ByteJoiner repaired() {
    return out;
  }

  private boolean repair(byte[] json, int from, int to) {
    bytes = json;
    splices.clear();
    reader.reset(json, from, to);
    if (reader.peek() != '{') {
      return false;
    }
    reader.openObject();
    while (reader.nextMember()) {
      if (reader.stringIs(CHOICES) && reader.peek() == '[') {
        choices();
      } else {
        reader.skipValue();
      }
    }
    if (splices.isEmpty()) {
      return false;
    }
    splices.sort(Comparator.comparingInt(Splice::from));
    out.clear();
    int done = from;
    for (Splice splice : splices) {
      out.append(json, done, splice.from());
      out.append(splice.text().getBytes(UTF_8));
      done = splice.to();
    }
    out.append(json, done, to);
    return true;
  }

  private void choices() {
    reader.openArray();
    for (int position = 0; reader.nextElement(); position++) {
      if (reader.peek() == '{') {
        choice(position);
      } else {
        reader.skipValue();
      }
    }
  }

  private void choice(int position) {
    Value index = new Value();
    Value delta = new Value();
    Value finish = new Value();
    boolean stops = false;
    reader.openObject();
    while (reader.nextMember()) {
      if (reader.stringIs(INDEX)) {
        index.read(reader);
      } else if (reader.stringIs(DELTA) || reader.stringIs(MESSAGE)) {
        delta.read(reader);
      } else if (reader.stringIs(FINISH_REASON)) {
        finish.read(reader);
        stops = finish.isText() && reader.stringIs(STOP);
      } else {
        reader.skipValue();
      }
    }
    int number = index(index);
    int key = Math.min(number < 0 ? position : number, CHOICES_MAX);
    boolean begins = !choices.containsKey(key);
    if (!delta.isAbsent() && bytes[delta.from] == '{') {
      ToolCalls calls = choices.computeIfAbsent(key, _ -> new ToolCalls());
      delta(delta, calls, begins);
    }
    ToolCalls calls = choices.get(key);
    if (stops && calls != null && !calls.calls.isEmpty()) {
      splice(finish.from, finish.to, "\"tool_calls\"", Repairs.Kind.FINISH_TOOL_CALLS);
    }
  }

  private void delta(Value delta, ToolCalls calls, boolean begins) {
    Value role = new Value();
    Value reasoning = new Value();
    Value reasoningContent = new Value();
    inner.reset(bytes, delta.from, delta.to);
    inner.openObject();
    int open = inner.position();
    int members = 0;
    for (; inner.nextMember(); members++) {
      if (inner.stringIs(ROLE)) {
        role.read(inner);
      } else if (inner.stringIs(REASONING)) {
        reasoning.read(inner);
      } else if (inner.stringIs(REASONING_CONTENT)) {
        reasoningContent.read(inner);
      } else if (inner.stringIs(TOOL_CALLS) && inner.peek() == '[') {
        toolCalls(calls);
      } else {
        inner.skipValue();
      }
    }
    if (begins && role.isAbsent()) {
      String text = "\"role\":\"assistant\"" + (members == 0 ? "" : ",");
      splice(open, open, text, Repairs.Kind.ROLE);
    } else if (begins && role.saysNothing()) {
      splice(role.from, role.to, "\"assistant\"", Repairs.Kind.ROLE);
    }
    copy(reasoning, reasoningContent, "reasoning_content");
    copy(reasoningContent, reasoning, "reasoning");
  }

  /** Lets the text of one member stand under another name too, unless something is there. */
  private void copy(Value said, Value other, String otherName) {
    if (!said.isText()) {
      return;
    }
    String json = text(said);
    if (other.isAbsent()) {
      String member = ",\"" + otherName + "\":" + json;
      splice(said.to, said.to, member, Repairs.Kind.REASONING);
    } else if (!other.isText() && other.saysNothing()) {
      splice(other.from, other.to, json, Repairs.Kind.REASONING);
    }
  }

  private void toolCalls(ToolCalls calls) {
    List<Fragment> fragments = new ArrayList<>(2);
    inner.openArray();
    while (inner.nextElement()) {
      if (inner.peek() == '{') {
        fragments.add(fragment());
      } else {
        inner.skipValue();
      }
    }
    calls.delta++;
    for (int i = 0; i < fragments.size(); i++) {
      Fragment each = fragments.get(i);
      int at = fragments.size() == 1 ? -1 : i;
      repair(each, calls.find(each, index(each.index), at));
    }
  }

  private Fragment fragment() {
    Fragment fragment = new Fragment();
    inner.openObject();
    fragment.open = inner.position();
    for (; inner.nextMember(); fragment.members++) {
      if (inner.stringIs(INDEX)) {
        fragment.index.read(inner);
      } else if (inner.stringIs(TYPE)) {
        fragment.type.read(inner);
      } else if (inner.stringIs(ID) && inner.peek() == '"') {
        inner.skipString();
        fragment.id = inner.string();
      } else if (inner.stringIs(FUNCTION) && inner.peek() == '{') {
        inner.openObject();
        while (inner.nextMember()) {
          boolean isName = inner.stringIs(NAME) && inner.peek() == '"';
          inner.skipValue();
          fragment.named |= isName && inner.stringBytes() > 0;
        }
      } else {
        inner.skipValue();
      }
    }
    return fragment;
  }

  private void repair(Fragment fragment, Call call) {
    List<String> added = new ArrayList<>(2);
    // In a message a call's place in the array is its index.
    if (!whole && repairs.has(Repairs.Kind.TOOL_INDEX)) {
      String index = Integer.toString(call.ours);
      if (fragment.index.isAbsent()) {
        added.add("\"index\":" + index);
        made.add(Repairs.Kind.TOOL_INDEX);
      } else if (!text(fragment.index).equals(index)) {
        splice(fragment.index.from, fragment.index.to, index, Repairs.Kind.TOOL_INDEX);
      }
    }
    if (call.isNew && repairs.has(Repairs.Kind.TOOL_TYPE)) {
      if (fragment.type.isAbsent()) {
        added.add("\"type\":\"function\"");
        made.add(Repairs.Kind.TOOL_TYPE);
      } else if (fragment.type.saysNothing()) {
        splice(fragment.type.from, fragment.type.to, "\"function\"", Repairs.Kind.TOOL_TYPE);
      }
    }
    if (!added.isEmpty()) {
      String text = String.join(",", added) + (fragment.members == 0 ? "" : ",");
      splices.add(new Splice(fragment.open, fragment.open, text));
    }
  }

  /** The index that stands there, -1 without a usable one. */
  private int index(Value value) {
    return value.isAbsent() ? -1 : AnswerScan.index(bytes, value.from, value.to);
  }

  private String text(Value value) {
    return new String(bytes, value.from, value.to - value.from, UTF_8);
  }

  private void splice(int from, int to, String text, Repairs.Kind why) {
    if (repairs.has(why)) {
      made.add(why);
      splices.add(new Splice(from, to, text));
    }
  }

  /** One call of a tool, and the index under which the caller knows it. */
  private static final class Call {
    String id = "";
    int theirs;
    int ours;
    int lastDelta;
    boolean isNew;
  }

  /** The tools that one choice has called so far. */
  private static final class ToolCalls {
    private static final int CALLS_MAX = 256;

    final List<Call> calls = new ArrayList<>(2);
    int delta;

    /**
     * Finds the call that a fragment continues, or begins a new one.
     *
     * @param theirs the index as the provider has it, -1 without a usable one
     * @param position its place among several fragments of one delta, -1 when it is alone
     */
    Call find(Fragment fragment, int theirs, int position) {
      Call known = calls.isEmpty() ? null : continued(fragment, theirs, position);
      Call call = known == null ? begin(fragment.id, theirs) : known;
      call.isNew = known == null;
      call.lastDelta = delta;
      return call;
    }

    private @Nullable Call continued(Fragment fragment, int theirs, int position) {
      boolean hasId = !fragment.id.isEmpty();
      Call sameIndex = null;
      for (Call call : calls) {
        if (hasId && call.id.equals(fragment.id)) {
          return call;
        }
        sameIndex = call.theirs == theirs ? call : sameIndex;
      }
      if (theirs >= 0) {
        // Some give all calls the same index, and some give every fragment an id of its own.
        boolean another = hasId && fragment.named;
        return sameIndex == null || sameIndex.lastDelta == delta || another ? null : sameIndex;
      }
      if (hasId || fragment.named) {
        return null;
      }
      if (position < 0) {
        return calls.getLast();
      }
      return position < calls.size() ? calls.get(position) : null;
    }

    private Call begin(String id, int theirs) {
      if (calls.size() == CALLS_MAX) {
        return calls.getLast();
      }
      int next = 0;
      boolean free = theirs >= 0;
      for (Call call : calls) {
        next = Math.max(next, call.ours + 1);
        free &= call.ours != theirs;
      }
      Call call = new Call();
      call.id = id;
      call.ours = free ? theirs : next;
      call.theirs = theirs < 0 ? call.ours : theirs;
      calls.add(call);
      return call;
    }
  }
}
