package com.runspace.browser;

import com.runspace.chains.Anvil;
import com.runspace.chains.SolanaNode;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Hands the one browser of this run to the tests that ask for it, clean before each. Where there is
 * no Chromium, they are skipped.
 */
public final class InBrowser implements ExecutionCondition, ParameterResolver, BeforeEachCallback {
  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    for (String program : new String[] {"chromium", "chromedriver"}) {
      if (onPath(program).isEmpty()) {
        return ConditionEvaluationResult.disabled("there is no " + program + " on the PATH");
      }
    }
    if (!WalletExtension.isPossible()) {
      return ConditionEvaluationResult.disabled(
          "./runspace test fetches what the wallet signs with");
    }
    return Stream.of(Anvil.missing(), SolanaNode.missing())
        .filter(Objects::nonNull)
        .findFirst()
        .map(ConditionEvaluationResult::disabled)
        .orElseGet(() -> ConditionEvaluationResult.enabled("Chromium and both chains are here"));
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Browser.class;
  }

  @Override
  public Browser resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return browser(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    browser(context).forget();
  }

  static Optional<Path> onPath(String program) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Pattern.compile(File.pathSeparator, Pattern.LITERAL)
        .splitAsStream(path)
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Kept with the root, which closes it when the last test has run. */
  private static Browser browser(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(InBrowser.class))
        .computeIfAbsent(Browser.class, _ -> Browser.start(), Browser.class);
  }
}
