package com.runspace.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AddressLimitsTest {
  private final ManualTime time = ManualTime.at("2026-11-22T12:00:00Z");

  @Test
  void aBurstPassesAndThenOneByOne() {
    AddressLimits limits = new AddressLimits(time, 20);
    for (int i = 0; i < 20; i++) {
      assertThat(limits.take("192.0.2.1")).isZero();
    }
    assertThat(limits.take("192.0.2.1")).isEqualTo(3);
    assertThat(limits.take("192.0.2.2")).as("somebody else").isZero();
    time.advance(Duration.ofSeconds(3));
    assertThat(limits.take("192.0.2.1")).isZero();
    assertThat(limits.take("192.0.2.1")).as("what was refused does not count").isEqualTo(3);
  }

  @Test
  void anIpv6NetworkIsOneAddress() {
    assertThat(AddressLimits.network("2001:db8:1:2:3:4:5:6")).isEqualTo("2001:db8:1:2:");
    assertThat(AddressLimits.network("2001:0db8:1:2::9")).isEqualTo("2001:db8:1:2:");
    assertThat(AddressLimits.network("2001:db8::1")).isEqualTo("2001:db8:0:0:");
    assertThat(AddressLimits.network("::1")).isEqualTo("0:0:0:0:");
    assertThat(AddressLimits.network("1::2:3:4:5:6:7")).isEqualTo("1:0:2:3:");
    assertThat(AddressLimits.network("fe80::1%eth0")).isEqualTo("fe80:0:0:0:");
    assertThat(AddressLimits.network("::ffff:192.0.2.1")).isEqualTo("192.0.2.1");
    assertThat(AddressLimits.network("192.0.2.1")).isEqualTo("192.0.2.1");
  }

  @Test
  void aFloodOfAddressesTakesBoundedMemoryAndEndsWithIt() {
    AddressLimits limits = new AddressLimits(time, 2);
    for (int i = 0; i < 50_000; i++) {
      limits.take("2001:db8:%x:%x::1".formatted(i >> 8, i & 255));
    }
    assertThat(limits.take("192.0.2.1")).isZero();
    assertThat(limits.take("192.0.2.2")).as("in the crowd").isZero();
    assertThat(limits.take("192.0.2.3")).as("the crowd shares a bucket").isPositive();
    time.advance(Duration.ofMinutes(1));
    assertThat(limits.take("192.0.2.4")).isZero();
    assertThat(limits.take("192.0.2.4")).isZero();
  }
}
