package com.runspace.ledger;

import com.runspace.journal.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A disk whose power goes in the middle of a write, when the story says so. */
final class StoryDisk implements Segment.Disk {
  private long left = Long.MAX_VALUE;

  /** So many bytes are still written, and then nothing any more. */
  void tearAfter(long bytes) {
    left = bytes;
  }

  void whole() {
    left = Long.MAX_VALUE;
  }

  @Override
  public FileChannel open(Path path, StandardOpenOption... options) throws IOException {
    return new Channel(FileChannel.open(path, options));
  }

  private final class Channel extends OddChannel {
    Channel(FileChannel file) {
      super(file);
    }

    @Override
    public int write(ByteBuffer bytes, long at) throws IOException {
      if (left >= bytes.remaining()) {
        left -= left == Long.MAX_VALUE ? 0 : bytes.remaining();
        return file.write(bytes, at);
      }
      int part = (int) left;
      if (part == 0) {
        throw new IOException("the power is gone");
      }
      left = 0;
      ByteBuffer first = bytes.slice(bytes.position(), part);
      bytes.position(bytes.position() + part);
      return file.write(first, at);
    }

    @Override
    public void force(boolean metaData) {
      // A process that ends loses nothing that the kernel has, and power cuts are not played.
    }
  }
}
