package com.runspace.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Nanos;
import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntryTest {
  @ParameterizedTest
  @CsvSource({"false, false", "true, false", "false, true", "true, true"})
  void aSettledEntryComesBackAsItWas(boolean clamped, boolean flagged) {
    Nanos one = new Nanos(1);
    Entry.Admitted call =
        new Entry.Admitted(
            "0123456789abcdef".repeat(2),
            new AccountId("a".repeat(Entry.NAME_MAX)),
            "key_1",
            new Day(20_000),
            "modèle",
            1,
            2,
            3,
            new Nanos(4),
            one,
            5);
    Settlement end =
        new Settlement(
            "p",
            6,
            7,
            8,
            new Nanos(9),
            Settlement.Basis.ESTIMATED,
            Settlement.Ended.REVOKED,
            clamped,
            flagged);
    Entry.Settled settled = new Entry.Settled(call, end, one, 10);
    ByteBuffer bytes = ByteBuffer.allocate(Segment.RECORD_BYTES_MAX);
    Entry.encode(settled, bytes);
    assertThat(Entry.decode(Entry.SETTLED, bytes.flip())).isEqualTo(settled);
  }
}
