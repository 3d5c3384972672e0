package com.runspace.engine;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * Loads the native library from the program's own jar. The file is unpacked, loaded and deleted at
 * once: the mapping outlives the name, so nothing is left behind even after {@code kill -9}.
 */
@SuppressWarnings("restricted")
final class NativeLibrary {
  private static final int RTLD_NOW = 2;

  /**
   * How long a thread of OpenMP spins for its next share of work before it sleeps, about a quarter
   * of a millisecond. By default it spins for good, and as soon as another process wants the same
   * processors, answers become ten times slower.
   */
  private static final String SPIN_COUNT = "5000";

  private NativeLibrary() {}

  static SymbolLookup load(String resource) throws StartFailure {
    Path file = null;
    try (InputStream content = NativeLibrary.class.getResourceAsStream(resource)) {
      if (content == null) {
        throw failure("it is missing from the program's jar (" + resource + ")");
      }
      file = Files.createTempFile("local-engine-", ".lib");
      Files.copy(content, file, StandardCopyOption.REPLACE_EXISTING);
      shareProcessors();
      return SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException e) {
      throw failure(reason(String.valueOf(file)));
    } catch (IOException e) {
      throw failure("cannot unpack it into " + System.getProperty("java.io.tmpdir") + ": " + e);
    } finally {
      delete(file);
    }
  }

  /** OpenMP reads its environment when it is loaded, and a setting of the user's own stays. */
  private static void shareProcessors() {
    Linker linker = Linker.nativeLinker();
    try (Arena arena = Arena.ofConfined()) {
      int ignored =
          (int)
              linker
                  .downcallHandle(
                      linker.defaultLookup().findOrThrow("setenv"),
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_INT,
                          ValueLayout.ADDRESS,
                          ValueLayout.ADDRESS,
                          ValueLayout.JAVA_INT))
                  .invokeExact(
                      arena.allocateFrom("GOMP_SPINCOUNT"), arena.allocateFrom(SPIN_COUNT), 0);
    } catch (Throwable e) {
      throw new IllegalStateException("calling setenv failed", e);
    }
  }

  /** Asks the system's loader itself, for Java's message does not tell what was missing. */
  private static String reason(String file) {
    Linker linker = Linker.nativeLinker();
    SymbolLookup system = linker.defaultLookup();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle =
          (MemorySegment)
              linker
                  .downcallHandle(
                      system.findOrThrow("dlopen"),
                      FunctionDescriptor.of(
                          ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT))
                  .invokeExact(arena.allocateFrom(file), RTLD_NOW);
      MemorySegment error =
          (MemorySegment)
              linker
                  .downcallHandle(
                      system.findOrThrow("dlerror"), FunctionDescriptor.of(ValueLayout.ADDRESS))
                  .invokeExact();
      if (handle.address() == 0 && error.address() != 0) {
        String message = error.reinterpret(Long.MAX_VALUE).getString(0);
        return message.contains("libgomp")
            ? "the system has no libgomp; install it (libgomp1 on Debian and Ubuntu)"
            : message;
      }
    } catch (Throwable e) {
      return e.toString();
    }
    return "the system's loader refuses it";
  }

  private static void delete(@Nullable Path file) {
    if (file != null) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        file.toFile().deleteOnExit();
      }
    }
  }

  private static StartFailure failure(String reason) {
    return new StartFailure(
        StartFailure.PLATFORM, "cannot load the native library of llama.cpp: " + reason);
  }
}
