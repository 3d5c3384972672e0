package com.runspace.dashboard;

import com.runspace.testkit.Bytes;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a browser sends, as far as these pages need it. */
record Browser(int port, String cookie) {
  static final String FORM = "application/x-www-form-urlencoded";

  static Request form(String path, String... namesAndValues) {
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      body.append(body.isEmpty() ? "" : "&")
          .append(namesAndValues[i])
          .append('=')
          .append(URLEncoder.encode(namesAndValues[i + 1], StandardCharsets.UTF_8));
    }
    return Request.of("POST", path).header("content-type", FORM).body(Bytes.of(body.toString()));
  }

  Response get(String path) {
    return send(Request.get(path).header("accept", "text/html"));
  }

  /** Posts a form as one of our pages does. */
  Response post(String path, String... namesAndValues) {
    return send(form(path, namesAndValues).header("origin", SampleSite.ORIGIN));
  }

  Response send(Request request) {
    try (RawClient client = RawClient.to(port)) {
      return client.call(cookie.isEmpty() ? request : request.header("cookie", "sid=" + cookie));
    }
  }

  /** The first match's group in a page. */
  static String find(Response page, String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(page.text());
    if (!found.find()) {
      throw new AssertionError("no " + pattern + " in " + page);
    }
    return found.group(1);
  }
}
