package com.runspace;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The one folder of a running service, and the exclusive lock on it. The lock belongs to the
 * process and goes with it, however that ends.
 */
final class DataFolder implements AutoCloseable {
  private static final int HOLDER_BYTES_MAX = 512;

  /** The folder cannot be had; the message says why and what to do. */
  static final class Unavailable extends Exception {
    private static final long serialVersionUID = 1L;

    Unavailable(String message) {
      super(message);
    }
  }

  private final Path path;
  private final FileChannel channel;
  private final FileLock lock;

  private DataFolder(Path path, FileChannel channel, FileLock lock) {
    this.path = path;
    this.channel = channel;
    this.lock = lock;
  }

  /** Where data are kept unless told otherwise: the XDG data folder, or the Mac's own. */
  static Path usual(@Nullable String xdgDataHome, String home, String os) {
    if (xdgDataHome != null && !xdgDataHome.isBlank()) {
      return Path.of(xdgDataHome, "runspace");
    }
    return os.toLowerCase(Locale.ROOT).startsWith("mac")
        ? Path.of(home, "Library", "Application Support", "runspace")
        : Path.of(home, ".local", "share", "runspace");
  }

  /** Creates the folder where needed, readable by its owner only, and locks it. */
  static DataFolder open(Path path) throws Unavailable {
    try {
      if (!Files.isDirectory(path)) {
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
          Files.createDirectories(parent);
        }
        Files.createDirectory(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      FileChannel channel =
          FileChannel.open(
              path.resolve("lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        String holder = holder(channel);
        channel.close();
        throw new Unavailable(
            "the data folder "
                + path
                + " is in use by another RunSpace"
                + (holder.isBlank() ? "" : " (" + holder + ")")
                + ". Stop that one, or choose another folder with --data DIR.");
      }
      return new DataFolder(path, channel, lock);
    } catch (IOException notWritable) {
      throw new Unavailable(
          "the data folder "
              + path
              + " cannot be written ("
              + reason(notWritable)
              + "). Choose another one with --data DIR.");
    }
  }

  /** The system's own words, such as "Read-only file system", where it gave any. */
  private static String reason(IOException fault) {
    String words = fault instanceof FileSystemException file ? file.getReason() : null;
    return words == null ? fault.getClass().getSimpleName() : words;
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException sameProcess) {
      return null;
    }
  }

  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(HOLDER_BYTES_MAX);
    channel.read(text, 0);
    return new String(text.array(), 0, text.position(), StandardCharsets.UTF_8).strip();
  }

  /** Leaves a line that tells a second start who holds the folder. */
  void sayHolder(String text) throws IOException {
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
  }

  Path path() {
    return path;
  }

  @Override
  public void close() throws IOException {
    lock.release();
    channel.close();
  }
}
