package com.runspace.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * A disk of a few megabytes that can be full and read-only: a tmpfs, mounted for one test. A test
 * that asks for one is skipped on a machine that does not let it mount.
 */
public final class SmallDisk implements AutoCloseable {
  private final Path folder;

  private SmallDisk(Path folder) {
    this.folder = folder;
  }

  /** Mounts it on a new folder. */
  public static SmallDisk mount(Path folder, int megabytes) {
    try {
      Files.createDirectory(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String fault = run("mount", "-t", "tmpfs", "-o", size(megabytes), "tmpfs", folder.toString());
    Assumptions.assumeTrue(fault.isEmpty(), "needs the right to mount a small disk: " + fault);
    return new SmallDisk(folder);
  }

  private static String size(int megabytes) {
    return "size=" + megabytes + "m,mode=700";
  }

  /** Gives it another size while it is in use. */
  public void resize(int megabytes) {
    remount(size(megabytes));
  }

  /** From now on it takes no writes; nobody may have a file of it open for writing. */
  public void protect() {
    remount("ro");
  }

  /** Takes all the room that is left; it is free again when the file is deleted. */
  public Path fill() throws IOException {
    Path filler = folder.resolve("filler");
    byte[] piece = new byte[1 << 12];
    try (OutputStream out = Files.newOutputStream(filler)) {
      while (true) {
        out.write(piece);
      }
    } catch (IOException full) {
      if (Files.size(filler) == 0) {
        throw full;
      }
      return filler;
    }
  }

  private void remount(String options) {
    String fault = run("mount", "-o", "remount," + options, folder.toString());
    if (!fault.isEmpty()) {
      throw new AssertionError(fault);
    }
  }

  public Path folder() {
    return folder;
  }

  @Override
  public void close() {
    // A library of this process may have been unpacked to it, and is then there until its end.
    if (!run("umount", folder.toString()).isEmpty()) {
      run("umount", "-l", folder.toString());
    }
  }

  /** Runs a program to its end; empty when it went well, else what it said. */
  public static String run(String... command) {
    try {
      Process process =
          new ProcessBuilder(new ArrayList<>(List.of(command))).redirectErrorStream(true).start();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor() == 0 ? "" : command[0] + ": " + said;
    } catch (IOException cannot) {
      return String.valueOf(cannot.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
