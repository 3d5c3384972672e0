package com.runspace.ledger;

import com.runspace.journal.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** A disk that is full, does not take writes, or takes long over a sync, when the test says so. */
final class FaultyDisk implements Segment.Disk {
  /** Bytes by which files may still grow. */
  final AtomicLong room = new AtomicLong(Long.MAX_VALUE);

  /** Whether writes inside of files fail too. */
  volatile boolean broken;

  /** Syncs that the disk has done. */
  final AtomicLong syncs = new AtomicLong();

  /** Syncs wait for it. */
  volatile CountDownLatch sync = new CountDownLatch(0);

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
      if (broken) {
        throw new IOException("Input/output error");
      }
      long growth = Math.max(0, at + bytes.remaining() - file.size());
      if (growth > room.get()) {
        // As the kernel does it: what fits is written, and the next write fails.
        int fits = (int) (bytes.remaining() - growth + room.get());
        if (fits <= 0) {
          throw new IOException("No space left on device");
        }
        ByteBuffer part = bytes.slice(bytes.position(), fits);
        bytes.position(bytes.position() + fits);
        room.set(0);
        return file.write(part, at);
      }
      room.addAndGet(-growth);
      return file.write(bytes, at);
    }

    @Override
    public void force(boolean metaData) throws IOException {
      try {
        sync.await();
      } catch (InterruptedException stopped) {
        throw new IOException(stopped);
      }
      if (broken) {
        throw new IOException("Input/output error");
      }
      file.force(metaData);
      syncs.incrementAndGet();
    }

    @Override
    protected void implCloseChannel() throws IOException {
      room.addAndGet(file.size());
      super.implCloseChannel();
    }
  }
}
