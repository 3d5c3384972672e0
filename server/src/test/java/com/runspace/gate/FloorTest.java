package com.runspace.gate;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.gate.Floor.Sample;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FloorTest {
  private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");
  private static final Duration SLOT = Duration.ofHours(1);
  private static final BigInteger BAG = BigInteger.valueOf(1000);
  private static final int MINUTES_IN_DAY = 24 * 60;

  private final Floor floor = new Floor(Duration.ofDays(1), SLOT);

  @Test
  void theLowestOfTheWindowCounts() {
    List<Sample> samples = hourly(0, 40, 1000);
    samples.set(20, new Sample(hour(20), BigInteger.valueOf(7)));
    assertThat(floor.at(hour(40), samples)).isEqualTo(7);
    assertThat(floor.at(hour(46), samples)).isEqualTo(7);
    // Twenty-six hours after it the low round has left.
    assertThat(floor.at(hour(46).plusMillis(1), samples)).isEqualTo(1000);
  }

  @Test
  void withoutADayOfHistoryNothingCounts() {
    List<Sample> samples = hourly(0, 23, 1000);
    assertThat(floor.at(hour(23), samples)).isZero();
    assertThat(floor.reaches(BAG, hour(23), samples)).isEqualTo(hour(24));
    assertThat(floor.at(hour(24), samples)).isEqualTo(1000);
    assertThat(floor.at(hour(24), List.of())).isZero();
    assertThat(floor.reaches(BAG, hour(24), List.of())).isEqualTo(hour(50));
  }

  @Test
  void theWindowReachesOverAGap() {
    List<Sample> samples = hourly(0, 10, 1000);
    samples.set(10, new Sample(hour(10), BigInteger.valueOf(7)));
    samples.addAll(hourly(40, 60, 1000));
    // The newest round that is a day old is the one before the gap.
    assertThat(floor.at(hour(60), samples)).isEqualTo(7);
    assertThat(floor.reaches(BAG, hour(60), samples)).isEqualTo(hour(64));
    samples.addAll(hourly(61, 64, 1000));
    assertThat(floor.at(hour(64).minusMillis(1), samples)).isEqualTo(7);
    assertThat(floor.at(hour(64), samples)).isEqualTo(1000);
  }

  @Test
  void forecastsComeTrue() {
    Random random = new Random(5);
    for (int run = 0; run < 300; run++) {
      List<Sample> samples = new ArrayList<>();
      for (int slot = 0; slot < 40; slot++) {
        if (random.nextInt(8) > 0) {
          Instant at = hour(slot).plusSeconds(random.nextInt(3600));
          samples.add(new Sample(at, BigInteger.valueOf(random.nextInt(10) == 0 ? 1 : 1000)));
        }
      }
      Instant now = hour(40);
      Instant forecast = floor.reaches(BAG, now, samples);
      if (forecast == null) {
        assertThat(floor.at(now, samples)).isEqualTo(BAG);
        continue;
      }
      assertThat(floor.at(now, samples)).isLessThan(BAG);
      for (int slot = 40; !hour(slot).isAfter(forecast); slot++) {
        samples.add(new Sample(hour(slot), BAG));
      }
      assertThat(floor.at(forecast.plusMillis(1), samples)).as("run " + run).isEqualTo(BAG);
    }
  }

  @Test
  void aWindowOfZeroTakesTheNewest() {
    Floor instant = new Floor(Duration.ZERO, SLOT);
    assertThat(instant.isInstant()).isTrue();
    assertThat(instant.reaches(BAG, hour(1), List.of())).isNull();
  }

  /**
   * One bag, three wallets of three accounts, every way to move it between the rounds of three
   * short days, with every round missing in turn: in no day does it count for two.
   */
  @Test
  void everySmallItineraryUnlocksOne() {
    // A day of three slots, so that all ways can be tried.
    Floor small = new Floor(Duration.ofHours(3), SLOT);
    int rounds = 8;
    int ways = 6561;
    for (int absent = -1; absent < rounds; absent++) {
      for (int way = 0; way < ways; way++) {
        assertOneADay(small, rounds, way, absent);
      }
    }
  }

  private static void assertOneADay(Floor small, int rounds, int way, int absent) {
    List<List<Sample>> accounts =
        Stream.generate(() -> (List<Sample>) new ArrayList<Sample>()).limit(3).toList();
    int[] lastDay = new int[3];
    Arrays.fill(lastDay, Integer.MIN_VALUE);
    int code = way;
    for (int round = 0; round < rounds; round++) {
      int holder = code % 3;
      code /= 3;
      for (int account = 0; account < 3 && round != absent; account++) {
        BigInteger held = account == holder ? BAG : BigInteger.ZERO;
        accounts.get(account).add(new Sample(hour(round), held));
      }
      for (int part = 0; part < 4; part++) {
        Instant now = hour(round).plus(Duration.ofMinutes(part * 15L));
        int unlocked = 0;
        for (int account = 0; account < 3; account++) {
          List<Sample> samples = accounts.get(account);
          if (!samples.isEmpty() && small.at(now, samples).signum() > 0) {
            lastDay[account] = round * 4 + part;
          }
          // Less than three hours ago, in quarters of an hour.
          unlocked += round * 4 + part - lastDay[account] < 12 && lastDay[account] >= 0 ? 1 : 0;
        }
        assertThat(unlocked).as("way " + way + " without " + absent).isLessThanOrEqualTo(1);
      }
    }
  }

  /** One bag goes round 48 wallets at every pace, with rounds that fail, over a week. */
  @Test
  void transferAroundUnlocksOneAllowanceADay() {
    for (int dwell : new int[] {15, 30, 47, 60, 120, 360, 720, 1440, 1500, 1560, 1620, 1980}) {
      for (int seed = 0; seed < 5; seed++) {
        assertThat(allowancesOfTheWorstDay(dwell, new Random(seed)))
            .as("moved every " + dwell + " minutes, seed " + seed)
            .isLessThanOrEqualTo(1);
      }
    }
  }

  private int allowancesOfTheWorstDay(int dwell, Random random) {
    int wallets = 48;
    int days = 7;
    int[] owner = itinerary(dwell, days, wallets, random);
    List<List<Sample>> samples =
        Stream.generate(() -> (List<Sample>) new ArrayList<Sample>()).limit(wallets).toList();
    boolean[][] unlocked = new boolean[days][wallets];
    for (int slot = 0; slot < days * 24; slot++) {
      int minute = slot * 60 + random.nextInt(60);
      if (random.nextInt(6) > 0) {
        for (int wallet = 0; wallet < wallets; wallet++) {
          BigInteger held = owner[minute] == wallet ? BAG : BigInteger.ZERO;
          samples.get(wallet).add(new Sample(START.plus(Duration.ofMinutes(minute)), held));
        }
      }
      for (int now = minute; now < Math.min(minute + 60, days * MINUTES_IN_DAY); now += 20) {
        Instant moment = START.plus(Duration.ofMinutes(now));
        for (int wallet = 0; wallet < wallets; wallet++) {
          unlocked[now / MINUTES_IN_DAY][wallet] |=
              floor.at(moment, samples.get(wallet)).signum() > 0;
        }
      }
    }
    int worst = 0;
    for (boolean[] day : unlocked) {
      int sum = 0;
      for (boolean one : day) {
        sum += one ? 1 : 0;
      }
      worst = Math.max(worst, sum);
    }
    return worst;
  }

  private static int[] itinerary(int dwell, int days, int wallets, Random random) {
    int[] owner = new int[days * MINUTES_IN_DAY + 60];
    int wallet = 0;
    int next = random.nextInt(dwell) + 1;
    for (int minute = 0; minute < owner.length; minute++) {
      if (minute == next) {
        wallet = (wallet + 1) % wallets;
        next += Math.max(1, dwell + random.nextInt(21) - 10);
      }
      owner[minute] = wallet;
    }
    return owner;
  }

  private static Instant hour(int hours) {
    return START.plus(Duration.ofHours(hours));
  }

  /** One sample an hour, from and to included. */
  private static List<Sample> hourly(int from, int to, long held) {
    List<Sample> samples = new ArrayList<>();
    for (int i = from; i <= to; i++) {
      samples.add(new Sample(hour(i), BigInteger.valueOf(held)));
    }
    return samples;
  }
}
