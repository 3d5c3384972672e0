package com.runspace.browser;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * Chromium without a window, with the test wallet in it. It talks to this machine only, keeps its
 * profile in a folder of its own, and everything it starts ends with it.
 */
public final class Browser implements AutoCloseable {
  /** How long a page may take for anything; a loaded machine is slow. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final Duration POLL = Duration.ofMillis(30);

  /** The whole name, else its beginning. */
  private static final String BY_NAME =
      """
      const name = e => (e.getAttribute('aria-label') ?? e.innerText).replace(/\\s+/g, ' ').trim();
      const all = [...document.querySelectorAll('button, a[href], summary')]
        .filter(e => e.checkVisibility() && !e.disabled);
      return all.find(e => name(e) === arguments[0])
        ?? all.find(e => name(e).startsWith(arguments[0])) ?? null\
      """;

  private static final String BY_LABEL =
      """
      return [...document.querySelectorAll('label')]
        .find(e => e.innerText.trim().startsWith(arguments[0]) && e.control)?.control ?? null\
      """;

  /** Selenium warns that it has no classes for this version's protocol, which nobody here uses. */
  private static final Logger PROTOCOL = Logger.getLogger("org.openqa.selenium.devtools");

  private final WalletOwner owner;
  private final Path folder;
  private final ChromeDriverService service;
  private final ChromeDriver driver;
  private final List<ProcessHandle> started;
  private @Nullable String walletScript;

  private Browser(WalletOwner owner, Path folder) throws IOException {
    this.owner = owner;
    this.folder = folder;
    PROTOCOL.setLevel(Level.SEVERE);
    Path extension = folder.resolve("wallet");
    WalletExtension.writeInto(extension, owner);
    service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(program("chromedriver").toFile())
            .usingAnyFreePort()
            .withLogOutput(OutputStream.nullOutputStream())
            .build();
    List<ProcessHandle> before = ProcessHandle.current().descendants().toList();
    driver = new ChromeDriver(service, options(extension, folder.resolve("profile")));
    started =
        ProcessHandle.current().descendants().filter(child -> !before.contains(child)).toList();
  }

  static Browser start() {
    WalletOwner owner = WalletOwner.start();
    Path folder = null;
    try {
      folder = Files.createTempDirectory("runspace-browser");
      return new Browser(owner, folder);
    } catch (IOException e) {
      owner.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      owner.close();
      if (folder != null) {
        delete(folder);
      }
      throw e;
    }
  }

  private static Path program(String name) {
    return InBrowser.onPath(name).orElseThrow();
  }

  private static ChromeOptions options(Path extension, Path profile) {
    ChromeOptions options = new ChromeOptions();
    options.setBinary(program("chromium").toFile());
    options.addArguments(
        "--headless=new",
        "--user-data-dir=" + profile,
        "--disable-extensions-except=" + extension,
        "--load-extension=" + extension,
        "--disable-features=DisableLoadExtensionCommandLineSwitch,Translate,MediaRouter",
        // Names other than this machine's do not exist, so nothing can leave it.
        "--host-resolver-rules=MAP * ~NOTFOUND,EXCLUDE 127.0.0.1,EXCLUDE localhost",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--disable-gpu",
        // Shared memory is small in containers.
        "--disable-dev-shm-usage",
        "--window-size=1280,800");
    if ("root".equals(System.getProperty("user.name"))) {
      options.addArguments("--no-sandbox");
    }
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    logs.enable(LogType.PERFORMANCE, Level.ALL);
    options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
    return options;
  }

  /** Who sits at the wallet. */
  public WalletOwner owner() {
    return owner;
  }

  /** All else that a browser can do. */
  public ChromeDriver driver() {
    return driver;
  }

  public void open(String url) {
    driver.get(url);
  }

  /** The element, once it is there and can be seen. */
  public WebElement see(String css) {
    return await(
        css,
        () -> {
          WebElement element = driver.findElement(By.cssSelector(css));
          return element.isDisplayed() ? element : null;
        });
  }

  /** Waits until these words can be read on the page. */
  public void read(String words) {
    await("'" + words + "'", () -> words().contains(words) ? true : null);
  }

  /** Waits until the address of the page has this in it, as after a form. */
  public void awaitAt(String part) {
    await(part, () -> String.valueOf(driver.getCurrentUrl()).contains(part) ? true : null);
  }

  /** Waits until there is an answer that is not null, and names {@code what} when there is none. */
  public <T> T await(String what, Supplier<@Nullable T> question) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      try {
        T answer = question.get();
        if (answer != null) {
          return answer;
        }
      } catch (NoSuchElementException | StaleElementReferenceException e) {
        // The page is about to become another.
      } catch (WebDriverException e) {
        // The same, as the browser itself tells it in the middle of an answer.
        if (!String.valueOf(e.getMessage()).contains("does not belong to the document")) {
          throw e;
        }
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
    throw new AssertionError("no " + what + " at " + driver.getCurrentUrl() + ": " + words());
  }

  public void click(String css) {
    see(css).click();
  }

  /** Presses the first button or link that can be seen and is called so. */
  public void press(String name) {
    await("button or link '" + name + "'", () -> named(BY_NAME, name)).click();
  }

  /** Writes into the field with this label. */
  public void type(String label, String text) {
    WebElement field = await("field '" + label + "'", () -> named(BY_LABEL, label));
    field.clear();
    field.sendKeys(text);
  }

  private @Nullable WebElement named(String script, String name) {
    return (WebElement) run(script, name);
  }

  /** What a person can read on the page. */
  public String words() {
    return driver.findElement(By.tagName("body")).getText();
  }

  /** The result of a script's {@code return} in the page, or null. */
  public @Nullable Object run(String script, Object... arguments) {
    return ((JavascriptExecutor) driver).executeScript(script, arguments);
  }

  /**
   * The wallets in every page from now on, until the test ends.
   *
   * @param list in JavaScript, of objects with name, and icon, rdns, families or solana where
   *     wanted
   */
  public void installs(String list) {
    uninstall();
    Map<String, Object> script = Map.of("source", "globalThis.testWallets = " + list);
    Object id =
        driver.executeCdpCommand("Page.addScriptToEvaluateOnNewDocument", script).get("identifier");
    walletScript = String.valueOf(Objects.requireNonNull(id));
  }

  private void uninstall() {
    if (walletScript != null) {
      driver.executeCdpCommand(
          "Page.removeScriptToEvaluateOnNewDocument", Map.of("identifier", walletScript));
      walletScript = null;
    }
  }

  /** A window of this size from now on, in CSS pixels. */
  public void resize(int width, int height) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
  }

  /** Whether the person likes dark pages. */
  public void darken(boolean dark) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(
                Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"),
                Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
  }

  /** The page as a picture, PNG. */
  public byte[] picture() {
    return driver.getScreenshotAs(OutputType.BYTES);
  }

  /** What the console said since this was last asked, policy violations among it. */
  public List<String> console() {
    return messages(LogType.BROWSER);
  }

  /** The events of the network since this was last asked, as DevTools' JSON. */
  public List<String> network() {
    return messages(LogType.PERFORMANCE);
  }

  private List<String> messages(String log) {
    return StreamSupport.stream(driver.manage().logs().get(log).spliterator(), false)
        .map(LogEntry::getMessage)
        .toList();
  }

  /** The next page comes over the network with all that belongs to it. */
  public void forgetCache() {
    driver.executeCdpCommand("Network.clearBrowserCache", Map.of());
  }

  /** As it was at the start: no cookies, one blank page, its usual size and wallet. */
  void forget() {
    uninstall();
    owner.forget();
    String first = driver.getWindowHandles().iterator().next();
    for (String window : driver.getWindowHandles()) {
      if (!window.equals(first)) {
        driver.switchTo().window(window).close();
      }
    }
    driver.switchTo().window(first);
    driver.executeCdpCommand("Network.clearBrowserCookies", Map.of());
    driver.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    darken(false);
    open("about:blank");
    console();
    network();
  }

  @Override
  public void close() {
    try {
      driver.quit();
    } finally {
      service.stop();
      started.forEach(ProcessHandle::destroyForcibly);
      started.forEach(process -> process.onExit().orTimeout(5, TimeUnit.SECONDS).join());
      owner.close();
      delete(folder);
    }
  }

  static void delete(Path folder) {
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e)
                throws IOException {
              Files.deleteIfExists(visited);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      // A process that is about to end may still write; the folder is one for temporary files.
      folder.toFile().deleteOnExit();
    }
  }
}
