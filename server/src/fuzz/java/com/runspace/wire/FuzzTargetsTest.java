package com.runspace.wire;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * The fuzz targets under Jazzer. An ordinary run tries the inputs in the resources; with {@code
 * JAZZER_FUZZ=1} in the environment Jazzer makes inputs of its own for the one test that is named.
 */
class FuzzTargetsTest {
  @FuzzTest(maxDuration = "5m")
  void requests(byte[] body) {
    RequestFuzz.fuzzerTestOneInput(body);
  }

  @FuzzTest(maxDuration = "5m")
  void streams(byte[] stream) {
    StreamFuzz.fuzzerTestOneInput(stream);
  }
}
