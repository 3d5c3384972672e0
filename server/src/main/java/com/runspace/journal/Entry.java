package com.runspace.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.journal.Settlement.Basis;
import com.runspace.journal.Settlement.Ended;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * What the journal says of a call: that it was admitted, then how it was settled. A settled entry
 * repeats its admission, so that each settled entry is a whole usage row by itself and no charge is
 * lost when the admission cannot be read any more.
 */
public sealed interface Entry {
  /**
   * A call with money held for it.
   *
   * @param callId 128 bits as 32 lower-case hex digits
   * @param granted the account's grant when the call was admitted
   * @param admittedMillis wall clock, milliseconds since the epoch
   */
  record Admitted(
      String callId,
      AccountId account,
      String spender,
      Day day,
      String model,
      long inputPrice,
      long cachedPrice,
      long outputPrice,
      Nanos granted,
      Nanos held,
      long admittedMillis)
      implements Entry {
    public Admitted {
      // All that could not be written is refused here, before anything is held.
      int longest = Math.max(Math.max(model.length(), spender.length()), account.value().length());
      if (callId.length() != 32 || longest > NAME_MAX) {
        throw new IllegalArgumentException("no call id, or a name that is too long: " + callId);
      }
      var _ = HexFormat.fromHexDigitsToLong(callId, 0, 16);
      var _ = HexFormat.fromHexDigitsToLong(callId, 16, 32);
    }

    /** The usage row of a call that its own process did not live to settle. */
    public Settled crashed(long nowMillis) {
      Settlement nothing =
          new Settlement(
              "", 0, 0, 0, Nanos.ZERO, Basis.NONE, Ended.CRASHED, /* clamped= */ false, false);
      return new Settled(this, nothing, Nanos.ZERO, nowMillis);
    }
  }

  /** A call that is over: one usage row. */
  record Settled(Admitted call, Settlement settlement, Nanos charge, long settledMillis)
      implements Entry {}

  /** What many calls have in common: whose they are, at what price, and how they ended. */
  record Kind(
      String account,
      String spender,
      String model,
      String provider,
      long inputPrice,
      long cachedPrice,
      long outputPrice,
      long granted,
      Basis basis,
      Ended ended,
      boolean clamped,
      boolean flagged) {
    public static Kind of(Settled settled) {
      Admitted call = settled.call;
      Settlement end = settled.settlement;
      return new Kind(
          call.account.value(),
          call.spender,
          call.model,
          end.provider(),
          call.inputPrice,
          call.cachedPrice,
          call.outputPrice,
          call.granted.value(),
          end.basis(),
          end.ended(),
          end.clamped(),
          end.flagged());
    }

    /** Texts and longs, in the order of the components. */
    public Object[] values() {
      return new Object[] {
        account,
        spender,
        model,
        provider,
        inputPrice,
        cachedPrice,
        outputPrice,
        granted,
        basis.name().toLowerCase(Locale.ROOT),
        ended.name().toLowerCase(Locale.ROOT),
        clamped ? 1L : 0L,
        flagged ? 1L : 0L
      };
    }
  }

  /** The most characters of a name in a record. */
  int NAME_MAX = 255;

  byte ADMITTED = 'a';
  byte SETTLED = 's';

  /** The place in the list is the code in the record, so these only grow at their ends. */
  List<Basis> BASES = List.of(Basis.MEASURED, Basis.ESTIMATED, Basis.NONE);

  List<Ended> ENDS =
      List.of(
          Ended.COMPLETE,
          Ended.CLIENT_LEFT,
          Ended.UPSTREAM_FAILED,
          Ended.REVOKED,
          Ended.DEADLINE,
          Ended.CRASHED);

  /** What is kept of a provider's name. */
  int PROVIDER_BYTES_MAX = 64;

  /** What a settled entry has beside its admission, when the provider's name is longest. */
  int SETTLEMENT_BYTES_MAX = Short.BYTES + PROVIDER_BYTES_MAX + 6 * Long.BYTES + 3;

  /** Writes the entry, without its frame. */
  static void encode(Admitted call, ByteBuffer out) {
    out.putLong(HexFormat.fromHexDigitsToLong(call.callId, 0, 16));
    out.putLong(HexFormat.fromHexDigitsToLong(call.callId, 16, 32));
    out.putLong(call.admittedMillis).putInt(Math.toIntExact(call.day.epochDay()));
    out.putLong(call.inputPrice).putLong(call.cachedPrice).putLong(call.outputPrice);
    out.putLong(call.granted.value()).putLong(call.held.value());
    put(call.account.value(), 3 * NAME_MAX, out);
    put(call.spender, 3 * NAME_MAX, out);
    put(call.model, 3 * NAME_MAX, out);
  }

  /** Writes the entry, without its frame. */
  static void encode(Settled settled, ByteBuffer out) {
    encode(settled.call, out);
    Settlement end = settled.settlement;
    put(end.provider(), PROVIDER_BYTES_MAX, out);
    out.putLong(end.promptTokens()).putLong(end.cachedTokens()).putLong(end.outputTokens());
    out.putLong(end.cost().value()).putLong(settled.charge.value()).putLong(settled.settledMillis);
    out.put((byte) BASES.indexOf(end.basis())).put((byte) ENDS.indexOf(end.ended()));
    out.put((byte) ((end.clamped() ? 1 : 0) | (end.flagged() ? 2 : 0)));
  }

  /**
   * Reads an entry.
   *
   * @throws IllegalArgumentException when the bytes are none
   */
  static Entry decode(byte type, ByteBuffer in) {
    try {
      Admitted call = admitted(in);
      return switch (type) {
        case ADMITTED -> call;
        case SETTLED -> settled(call, in);
        default -> throw new IllegalArgumentException("record of type " + type);
      };
    } catch (BufferUnderflowException | IndexOutOfBoundsException notAsWritten) {
      throw new IllegalArgumentException("record of another format", notAsWritten);
    }
  }

  private static Admitted admitted(ByteBuffer in) {
    HexFormat hex = HexFormat.of();
    String callId = hex.toHexDigits(in.getLong()) + hex.toHexDigits(in.getLong());
    long admittedMillis = in.getLong();
    Day day = new Day(in.getInt());
    long input = in.getLong();
    long cached = in.getLong();
    long output = in.getLong();
    Nanos granted = new Nanos(in.getLong());
    Nanos held = new Nanos(in.getLong());
    AccountId account = new AccountId(text(in));
    String spender = text(in);
    String model = text(in);
    return new Admitted(
        callId, account, spender, day, model, input, cached, output, granted, held, admittedMillis);
  }

  private static Settled settled(Admitted call, ByteBuffer in) {
    String provider = text(in);
    long prompt = in.getLong();
    long cached = in.getLong();
    long output = in.getLong();
    Nanos cost = new Nanos(in.getLong());
    Nanos charge = new Nanos(in.getLong());
    long settledMillis = in.getLong();
    Basis basis = BASES.get(in.get());
    Ended ended = ENDS.get(in.get());
    int marks = in.get();
    Settlement end =
        new Settlement(
            provider,
            prompt,
            cached,
            output,
            cost,
            basis,
            ended,
            (marks & 1) != 0,
            (marks & 2) != 0);
    return new Settled(call, end, charge, settledMillis);
  }

  private static void put(String text, int bytesMax, ByteBuffer out) {
    byte[] bytes = text.getBytes(UTF_8);
    int length = Math.min(bytes.length, bytesMax);
    out.putShort((short) length).put(bytes, 0, length);
  }

  private static String text(ByteBuffer in) {
    byte[] bytes = new byte[Short.toUnsignedInt(in.getShort())];
    in.get(bytes);
    return new String(bytes, UTF_8);
  }
}
