package com.runspace.testkit;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the program and the driver of its store, and counts what goes to the stores in one
 * folder: each statement that is executed, and begin, commit and savepoints too. So nothing has to
 * be counted in the program itself, and nothing can be forgotten there.
 */
public final class CountedStore implements Driver, AutoCloseable {
  /** Statements so far. */
  public final AtomicLong statements = new AtomicLong();

  /** Which threads they came from. */
  public final Set<String> threads = new ConcurrentSkipListSet<>();

  private final Path folder;
  private final List<Driver> real = new ArrayList<>();

  private CountedStore(Path folder) {
    this.folder = folder;
  }

  /** Counts from now on, until it is closed. */
  public static CountedStore in(Path folder) throws SQLException {
    CountedStore store = new CountedStore(folder);
    for (Driver driver : Collections.list(DriverManager.getDrivers())) {
      store.real.add(driver);
      DriverManager.deregisterDriver(driver);
    }
    DriverManager.registerDriver(store);
    return store;
  }

  @Override
  public @Nullable Connection connect(String url, Properties settings) throws SQLException {
    for (Driver driver : real) {
      Connection connection = driver.connect(url, settings);
      if (connection != null) {
        return url.contains(folder.toString()) ? counted(Connection.class, connection) : connection;
      }
    }
    return null;
  }

  private <T> T counted(Class<T> type, T object) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, arguments) -> {
              String name = method.getName();
              if (name.startsWith("execute") || name.contains("avepoint")) {
                count(1);
              } else if (name.equals("commit") || name.equals("rollback")) {
                count(2);
              }
              Object result;
              try {
                result = method.invoke(object, arguments);
              } catch (InvocationTargetException failed) {
                throw failed.getCause();
              }
              return switch (result) {
                case PreparedStatement prepared -> counted(PreparedStatement.class, prepared);
                case Statement plain -> counted(Statement.class, plain);
                case null, default -> result;
              };
            }));
  }

  private void count(int by) {
    statements.addAndGet(by);
    threads.add(Thread.currentThread().getName());
  }

  @Override
  public boolean acceptsURL(String url) throws SQLException {
    for (Driver driver : real) {
      if (driver.acceptsURL(url)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, Properties settings) {
    return new DriverPropertyInfo[0];
  }

  @Override
  public int getMajorVersion() {
    return 1;
  }

  @Override
  public int getMinorVersion() {
    return 0;
  }

  @Override
  public boolean jdbcCompliant() {
    return false;
  }

  @Override
  public Logger getParentLogger() {
    return Logger.getGlobal();
  }

  @Override
  public void close() throws SQLException {
    DriverManager.deregisterDriver(this);
    for (Driver driver : real) {
      DriverManager.registerDriver(driver);
    }
  }
}
