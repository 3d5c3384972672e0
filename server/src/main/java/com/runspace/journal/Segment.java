package com.runspace.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One file of the journal, of fixed size, written from front to back by one event loop.
 *
 * <p>All of its bytes are written as zeros when it is made. So its room on the disk is taken before
 * a call is admitted, and a later write inside of it needs none. A header of 64 bytes is followed
 * by records: length, CRC32C, type, sequence number, entry. The checksum covers the segment's
 * number and the place in the file too, so bytes that once were a record elsewhere are none here.
 */
public final class Segment {
  public static final int HEADER_BYTES = 64;

  /** Length and checksum, then type and sequence number. */
  static final int FRAME_BYTES = 8;

  static final int PREFIX_BYTES = 5;

  /** What is kept free for the record that says that a segment is complete. */
  static final int SEAL_BYTES = FRAME_BYTES + PREFIX_BYTES;

  static final int RECORD_BYTES_MAX = 4096;

  /** The file that lists the segments there are, a number a line. */
  public static final String LIST = "segments";

  static final byte SEAL = 'z';

  private static final int MAGIC = 0x5253504a; // RSPJ
  private static final short VERSION = 1;
  private static final int ZEROS = 1 << 16;
  private static final Pattern NAME = Pattern.compile("(\\d{12})\\.journal");

  /** Opens a file of the journal; a test puts a disk that is full or slow here. */
  @FunctionalInterface
  public interface Disk {
    FileChannel open(Path path, StandardOpenOption... options) throws IOException;
  }

  public final long number;

  /** The number of the first segment of the same loop, as a name of the loop. */
  final long writer;

  final Path path;
  public final FileChannel channel;
  final long size;

  /** Calls admitted here that are not settled; written by the loop. */
  private final AtomicInteger open = new AtomicInteger();

  /** Up to here all is in the file; written by the loop, always at the end of a record. */
  public volatile long written = HEADER_BYTES;

  /** No record will be added; written by the loop after its last one. */
  volatile boolean sealed;

  /** Up to here all is on the disk; belongs to the keeper. */
  long forced;

  /** Up to here all is in the store; written by the poster. */
  public volatile long posted = HEADER_BYTES;

  private Segment(long number, long writer, Path path, FileChannel channel, long size) {
    this.number = number;
    this.writer = writer;
    this.path = path;
    this.channel = channel;
    this.size = size;
  }

  public static Path path(Path folder, long number) {
    return folder.resolve("%012d.journal".formatted(number));
  }

  static OptionalLong number(Path path) {
    Matcher name = NAME.matcher(String.valueOf(path.getFileName()));
    return name.matches() ? OptionalLong.of(Long.parseLong(name.group(1))) : OptionalLong.empty();
  }

  /** Only its loop counts, so no atomic addition is needed. */
  void count(int by) {
    open.setRelease(open.getPlain() + by);
  }

  /** Whether so many bytes fit in behind {@code pending} that are not written yet, and the seal. */
  boolean hasRoom(long pending, long bytes) {
    return bytes <= size - written - pending - SEAL_BYTES;
  }

  int openCalls() {
    return open.getAcquire();
  }

  /** Makes the file with all of its room; leaves none behind when that fails. */
  static Segment create(Disk disk, Path folder, long number, long writer, long size)
      throws IOException {
    Path path = path(folder, number);
    long free = Files.getFileStore(folder).getUsableSpace();
    if (free > 0 && free < size) {
      // Tried again and again, it would take the last room from the store each time.
      throw new IOException("No space left on device for " + size + " bytes");
    }
    FileChannel channel =
        disk.open(
            path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      ByteBuffer zeros = ByteBuffer.allocateDirect(ZEROS);
      for (long at = 0; at < size; at += ZEROS) {
        zeros.clear().limit((int) Math.min(ZEROS, size - at));
        write(channel, zeros, at);
      }
      write(channel, header(number, writer), 0);
      return new Segment(number, writer, path, channel, size);
    } catch (IOException noRoom) {
      channel.close();
      Files.deleteIfExists(path);
      throw noRoom;
    }
  }

  /** Notes which segments there are, so that a missing one is noticed at the next start. */
  public static void writeList(Path folder, Collection<Long> numbers) throws IOException {
    StringBuilder text = new StringBuilder();
    numbers.forEach(number -> text.append(number).append('\n'));
    Path next = folder.resolve(LIST + ".new");
    Files.writeString(next, text);
    Files.move(next, folder.resolve(LIST), StandardCopyOption.ATOMIC_MOVE);
  }

  static void forceFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  public void delete() throws IOException {
    channel.close();
    Files.deleteIfExists(path);
  }

  /** Writes all that remains of {@code bytes} at a place of the file. */
  static void write(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
    long to = at;
    while (bytes.hasRemaining()) {
      to += channel.write(bytes, to);
    }
  }

  private static ByteBuffer header(long number, long writer) {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    header.putInt(MAGIC).putShort(VERSION).putShort((short) 0).putLong(number).putLong(writer);
    header.putInt(new Checksum().of(0, 0, header.array(), 0, header.position()));
    return header.rewind();
  }

  /** Makes checksums of records at their places. Belongs to one thread. */
  static final class Checksum {
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer where = ByteBuffer.allocate(2 * Long.BYTES);

    int of(long number, long place, byte[] bytes, int from, int length) {
      where.putLong(0, number).putLong(Long.BYTES, place);
      crc.reset();
      crc.update(where.array(), 0, where.capacity());
      crc.update(bytes, from, length);
      return (int) crc.getValue();
    }
  }

  /** What the header of a file says; null when it cannot be read. */
  record Header(int version, long number, long writer) {
    static @Nullable Header read(byte[] file) {
      if (file.length < HEADER_BYTES) {
        return null;
      }
      ByteBuffer header = ByteBuffer.wrap(file);
      boolean ours = header.getInt() == MAGIC;
      int version = header.getShort();
      header.getShort();
      Header read = new Header(version, header.getLong(), header.getLong());
      int length = header.position();
      boolean whole = header.getInt() == new Checksum().of(0, 0, file, /* from= */ 0, length);
      return ours && whole ? read : null;
    }

    boolean isNewer() {
      return version > VERSION;
    }
  }

  /** Hears the entries of a segment, in order; the bytes stand at the entry's first. */
  @FunctionalInterface
  interface Listener {
    void entry(byte type, ByteBuffer bytes);
  }

  /**
   * A place where no record could be read.
   *
   * @param lost how many records stood there; 0 when that cannot be known
   */
  record Gap(long at, long bytes, long lost) {}

  /**
   * What a scan saw.
   *
   * @param gaps damage with records after it
   * @param torn bytes at the end that are no record, zeros not counted
   */
  record Scan(int records, boolean sealed, List<Gap> gaps, long torn) {}

  /**
   * Reads all records between two places. What is damaged is passed over: every record stands for
   * itself, so those after it are as good as those before.
   *
   * @param file the bytes of the file from {@code start} on, which is place {@code start}
   */
  static Scan scan(long number, byte[] file, long start, int length, Listener listener) {
    Checksum checksum = new Checksum();
    ByteBuffer bytes = ByteBuffer.wrap(file, 0, length);
    List<Gap> gaps = new ArrayList<>();
    int at = 0;
    int records = 0;
    int damaged = -1;
    int end = length;
    long expected = -1;
    boolean sealed = false;
    while (at < end) {
      int next = recordEnd(checksum, number, file, bytes, start, at);
      if (next < 0) {
        if (damaged < 0) {
          damaged = at;
          end = zerosFrom(file, at, length);
        }
        at++;
        continue;
      }
      long sequence = Integer.toUnsignedLong(bytes.getInt(at + FRAME_BYTES + 1));
      if (damaged >= 0) {
        long before = expected < 0 && start == HEADER_BYTES ? 0 : expected;
        gaps.add(new Gap(start + damaged, at - damaged, before < 0 ? 0 : sequence - before));
        damaged = -1;
        end = length;
      }
      byte type = bytes.get(at + FRAME_BYTES);
      if (type == SEAL) {
        sealed = true;
      } else {
        records++;
        listener.entry(type, bytes.slice(at + SEAL_BYTES, next - at - SEAL_BYTES));
      }
      expected = sequence + 1;
      at = next;
    }
    return new Scan(records, sealed, gaps, damaged < 0 ? 0 : end - damaged);
  }

  private static int recordEnd(
      Checksum checksum, long number, byte[] file, ByteBuffer bytes, long start, int at) {
    int length = bytes.limit();
    if (length - at < SEAL_BYTES) {
      return -1;
    }
    int body = bytes.getInt(at);
    if (body < PREFIX_BYTES || body > RECORD_BYTES_MAX || body > length - at - FRAME_BYTES) {
      return -1;
    }
    int read = checksum.of(number, start + at, file, at + FRAME_BYTES, body);
    return bytes.getInt(at + 4) == read ? at + FRAME_BYTES + body : -1;
  }

  private static int zerosFrom(byte[] file, int from, int length) {
    int end = length;
    while (end > from && file[end - 1] == 0) {
      end--;
    }
    return end;
  }
}
