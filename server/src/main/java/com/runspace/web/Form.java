package com.runspace.web;

import com.runspace.base.Watch;
import com.runspace.http.BodyReader;
import com.runspace.http.Exchange;
import com.runspace.http.MemoryBudget;
import io.vertx.core.http.HttpHeaders;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a browser sent from a form: names with their values, in order. */
public final class Form {
  /** The most bytes a form may have. */
  public static final int BYTES_MAX = 64 << 10;

  private static final int FIELDS_MAX = 500;
  private static final String TYPE = "application/x-www-form-urlencoded";

  /** Why there is no form. */
  public enum Problem {
    /** It is larger than {@link #BYTES_MAX}, or has more fields than any page of ours. */
    TOO_LARGE(413),
    TOO_SLOW(408),
    /** It is no urlencoded UTF-8 text. */
    NO_FORM(415),
    BROKEN(400),
    NO_MEMORY(503);

    private final int status;

    Problem(int status) {
      this.status = status;
    }

    /** The HTTP status that says so. */
    public int status() {
      return status;
    }
  }

  /** Hears what becomes of a form, once, on the event loop of the request. */
  public interface Listener {
    void filled(Form form);

    void refused(Problem problem);
  }

  private final Map<String, List<String>> fields;

  private Form(Map<String, List<String>> fields) {
    this.fields = fields;
  }

  /** Reads the form that is the request's body. To be called before the handler returns. */
  public static void read(Exchange exchange, Watch watch, MemoryBudget budget, Listener listener) {
    String type = exchange.request().getHeader(HttpHeaders.CONTENT_TYPE);
    if (type == null || !type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals(TYPE)) {
      exchange.closeAfterAnswer();
      listener.refused(Problem.NO_FORM);
      return;
    }
    BodyReader.read(
        exchange,
        watch,
        budget,
        BYTES_MAX,
        new BodyReader.Listener() {
          @Override
          public void whole(byte[] body, MemoryBudget.Share share) {
            share.giveBack();
            parsed(body, listener);
          }

          @Override
          public void refused(BodyReader.Problem problem) {
            exchange.closeAfterAnswer();
            listener.refused(
                switch (problem) {
                  case TOO_LARGE -> Problem.TOO_LARGE;
                  case TOO_SLOW -> Problem.TOO_SLOW;
                  case ENCODED -> Problem.NO_FORM;
                  case BROKEN -> Problem.BROKEN;
                  case NO_MEMORY -> Problem.NO_MEMORY;
                });
          }
        });
  }

  private static void parsed(byte[] body, Listener listener) {
    Form form;
    try {
      form = of(new String(body, StandardCharsets.ISO_8859_1));
    } catch (IllegalArgumentException notEncoded) {
      listener.refused(Problem.BROKEN);
      return;
    }
    if (form.fields.values().stream().mapToInt(List::size).sum() > FIELDS_MAX) {
      listener.refused(Problem.TOO_LARGE);
      return;
    }
    listener.filled(form);
  }

  /**
   * Reads urlencoded fields, as in a form's body or behind a question mark.
   *
   * @throws IllegalArgumentException when it is not encoded as it must be
   */
  public static Form of(String encoded) {
    Map<String, List<String>> fields = new LinkedHashMap<>();
    for (String pair : encoded.split("&", -1)) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        String name = decode(equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
        fields.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
      }
    }
    return new Form(fields);
  }

  private static String decode(String text) {
    String bytes = URLDecoder.decode(text, StandardCharsets.ISO_8859_1);
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)))
          .toString();
    } catch (CharacterCodingException notUtf8) {
      throw new IllegalArgumentException("not UTF-8", notUtf8);
    }
  }

  /** The first value of a field without the space around it; empty when there is none. */
  public String text(String name) {
    List<String> values = fields.getOrDefault(name, List.of());
    return values.isEmpty() ? "" : values.getFirst().strip();
  }

  /** Every value of a field, as with check boxes of one name. */
  public List<String> all(String name) {
    return List.copyOf(fields.getOrDefault(name, List.of()));
  }

  public boolean has(String name) {
    return fields.containsKey(name);
  }
}
