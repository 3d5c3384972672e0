package com.runspace.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.Nanos;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PriceTest {
  private static final long SEED = 8;

  private static Model model(long window, long outputMax, Price price) {
    return new Model(
        "m",
        new Card("M", "w", "l", 0, List.of("vendor/M-Instruct")),
        window,
        outputMax,
        false,
        new Model.Tokens(10, 4, 0),
        Set.of(),
        price,
        List.of());
  }

  /** Of any size from a few bits to as many as given. */
  private static long upTo(Random random, int bits) {
    return random.nextLong() >>> (63 - random.nextInt(bits));
  }

  @Test
  void roundsUpOnceOverTheWholeSum() {
    Price price = new Price(1, 1, 1);
    assertThat(price.of(0, 0, 0)).isEqualTo(Nanos.ZERO);
    assertThat(price.of(1, 0, 0)).isEqualTo(new Nanos(1));
    assertThat(price.of(1, 1, 1)).isEqualTo(new Nanos(1));
    assertThat(price.of(999_998, 1, 1)).isEqualTo(new Nanos(1));
    assertThat(price.of(999_999, 1, 1)).isEqualTo(new Nanos(2));
  }

  @Test
  void isExactOrThrows() {
    Random random = new Random(SEED);
    int thrown = 0;
    for (int i = 0; i < 20_000; i++) {
      long input = upTo(random, 45);
      Price price = new Price(input, input == 0 ? 0 : upTo(random, 45) % input, upTo(random, 45));
      long uncached = upTo(random, 30);
      long cached = upTo(random, 30);
      long output = upTo(random, 30);
      BigDecimal sum =
          BigDecimal.valueOf(uncached)
              .multiply(BigDecimal.valueOf(price.input()))
              .add(BigDecimal.valueOf(cached).multiply(BigDecimal.valueOf(price.cached())))
              .add(BigDecimal.valueOf(output).multiply(BigDecimal.valueOf(price.output())));
      if (sum.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
        thrown++;
        assertThatThrownBy(() -> price.of(uncached, cached, output))
            .as("seed %d, run %d", SEED, i)
            .isInstanceOf(ArithmeticException.class);
      } else {
        long exact = sum.movePointLeft(6).setScale(0, RoundingMode.CEILING).longValueExact();
        assertThat(price.of(uncached, cached, output).value())
            .as("seed %d, run %d", SEED, i)
            .isEqualTo(exact);
      }
    }
    assertThat(thrown).isBetween(100, 19_900);
  }

  @Test
  void pricesThatCannotBeAreRefused() {
    for (long[] wrong : new long[][] {{-1, 0, 0}, {0, -1, 0}, {0, 0, -1}, {5, 6, 0}}) {
      assertThatThrownBy(() -> new Price(wrong[0], wrong[1], wrong[2]))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aHeldAmountBuysTheLongestOutputItPaysForAndNoTokenMore() {
    Random random = new Random(SEED);
    for (int i = 0; i < 20_000; i++) {
      Price price = new Price(upTo(random, 40), 0, upTo(random, 40));
      Quote quote = new Quote(price, upTo(random, 20), 1 + upTo(random, 20), 1 + random.nextInt(8));
      long full;
      try {
        full = quote.worstCase(quote.outputLimit()).value();
      } catch (ArithmeticException tooLarge) {
        continue;
      }
      long least = quote.worstCase(0).value();
      long amount = least + (long) (random.nextDouble() * (full - least));
      String story = "seed " + SEED + ", run " + i + ": " + quote + " for " + amount;
      long limit = quote.outputLimitFor(new Nanos(amount));
      assertThat(limit).as(story).isBetween(0L, quote.outputLimit());
      assertThat(quote.worstCase(limit).value()).as(story).isLessThanOrEqualTo(amount);
      if (limit < quote.outputLimit()) {
        assertThat(quote.worstCase(limit + 1).value()).as(story).isGreaterThan(amount);
      }
      assertThat(quote.outputLimitFor(new Nanos(full))).as(story).isEqualTo(quote.outputLimit());
    }
  }

  @Test
  void theLargestCostThatFitsBuysItsOutput() {
    Quote quote = new Quote(new Price(0, 0, Long.MAX_VALUE), 0, 1, 1);
    Nanos held = quote.worstCase(1);
    assertThat(quote.outputLimitFor(held)).isEqualTo(1);
    assertThatThrownBy(() -> new Quote(quote.price(), 0, 2, 1).worstCase(2))
        .isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> new Quote(new Price(0, 0, 0), 0, 2, 8).worstCase(1L << 61))
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void outputThatCostsNothingIsLimitedByTheAskAlone() {
    Quote quote = new Quote(new Price(1_000_000, 0, 0), 10, 500, 2);
    assertThat(quote.outputLimitFor(new Nanos(10))).isEqualTo(500);
    assertThat(quote.outputLimitFor(new Nanos(9))).isZero();
    Quote free = new Quote(new Price(0, 0, 0), 10, 500, 2);
    assertThat(free.outputLimitFor(Nanos.ZERO)).isEqualTo(500);
  }

  @Test
  void quotesBoundThePromptAndClampTheOutput() {
    Model model = model(1_000, 100, new Price(1, 1, 1));
    assertThat(model.quote(50, 2, 0, 0, 3)).isEqualTo(new Quote(model.price(), 92, 100, 3));
    assertThat(model.quote(50, 2, 0, 99, 1).outputLimit()).isEqualTo(99);
    assertThat(model.quote(50, 2, 0, Long.MAX_VALUE, 1).outputLimit()).isEqualTo(100);
    assertThat(model.quote(958, 2, 0, 5, 1).promptTokens()).isEqualTo(1_000);
    assertThat(model.quote(1L << 40, 2, 0, 5, 1).promptTokens()).isEqualTo(1_000);
    assertThat(model.quote(5, 1, 1, 5, 1).promptTokens()).isEqualTo(1_000);
  }

  @Test
  void estimatesRoundUp() {
    Model model = model(10, 10, new Price(0, 0, 0));
    assertThat(model.estimateTokens(0)).isZero();
    assertThat(model.estimateTokens(1)).isEqualTo(1);
    assertThat(model.estimateTokens(4)).isEqualTo(1);
    assertThat(model.estimateTokens(5)).isEqualTo(2);
  }

  @Test
  void theCatalogueShowsOneListAtATime() {
    Model one = model(1, 1, new Price(0, 0, 0));
    Catalogue catalogue = new Catalogue(List.of(one));
    List<Model> before = catalogue.list();
    Model other = model(2, 1, new Price(0, 0, 0));
    catalogue.put(other);
    assertThat(before).containsExactly(one);
    assertThat(catalogue.list()).containsExactly(other);
    assertThat(catalogue.find("m")).contains(other);
    assertThat(catalogue.find("M")).contains(other);
    assertThat(catalogue.find("Vendor/m-instruct")).contains(other);
    assertThat(catalogue.find("vendor/m")).isEmpty();
    catalogue.remove("m");
    assertThat(catalogue.list()).isEmpty();
  }
}
