package com.runspace.testkit;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * One Java file as the compiler's own parser sees it, so that a word in a comment or a string is
 * never taken for a call.
 *
 * @param path from the root of the repository
 * @param packageName empty where the file declares none
 * @param types every class, interface, record and enum declared, nested ones too
 * @param methods every method and constructor with a body
 * @param uses every dotted name, {@code a.b.c}, and annotation, {@code @A}, in the code
 */
public record JavaSource(
    String path,
    List<String> lines,
    String packageName,
    List<Named> types,
    List<Method> methods,
    List<Named> uses) {
  /** A name and the line where it stands. */
  public record Named(String name, int line) {
    /** Whether all names of {@code part} stand in this one, side by side. */
    public boolean mentions(String part) {
      return ("." + name + ".").contains("." + part + ".");
    }
  }

  /** A method, its first line and how many it has, from its modifiers to its closing brace. */
  public record Method(String name, int line, int lines) {}

  /**
   * Parses a text.
   *
   * @throws IllegalArgumentException when it is no Java
   */
  public static JavaSource parse(String path, String text) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> faults = new DiagnosticCollector<>();
    List<String> options = List.of("-proc:none");
    JavacTask task =
        (JavacTask)
            compiler.getTask(null, null, faults, options, null, List.of(new Text(path, text)));
    try {
      CompilationUnitTree unit = task.parse().iterator().next();
      if (!faults.getDiagnostics().isEmpty()) {
        throw new IllegalArgumentException(path + ": " + faults.getDiagnostics());
      }
      Reader reader = new Reader(unit, Trees.instance(task).getSourcePositions());
      reader.scan(unit, null);
      String packageName =
          Optional.ofNullable(unit.getPackageName()).map(Tree::toString).orElse("");
      return new JavaSource(
          path, text.lines().toList(), packageName, reader.types, reader.methods, reader.uses);
    } catch (IOException e) {
      throw new IllegalArgumentException(path, e);
    }
  }

  private static final class Text extends SimpleJavaFileObject {
    private final String text;

    Text(String path, String text) {
      super(URI.create("string:///" + path), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  private static final class Reader extends TreeScanner<@Nullable Void, @Nullable Void> {
    private final CompilationUnitTree unit;
    private final SourcePositions positions;
    private final List<Named> types = new ArrayList<>();
    private final List<Method> methods = new ArrayList<>();
    private final List<Named> uses = new ArrayList<>();

    Reader(CompilationUnitTree unit, SourcePositions positions) {
      this.unit = unit;
      this.positions = positions;
    }

    @Override
    public @Nullable Void visitClass(ClassTree node, @Nullable Void nothing) {
      if (!node.getSimpleName().isEmpty()) {
        types.add(new Named(node.getSimpleName().toString(), line(node)));
      }
      return super.visitClass(node, null);
    }

    @Override
    public @Nullable Void visitMethod(MethodTree node, @Nullable Void nothing) {
      if (node.getBody() != null) {
        int last = lineAt(positions.getEndPosition(unit, node) - 1);
        int first = line(node);
        methods.add(new Method(node.getName().toString(), first, last - first + 1));
      }
      return super.visitMethod(node, null);
    }

    @Override
    public @Nullable Void visitAnnotation(AnnotationTree node, @Nullable Void nothing) {
      String name = node.getAnnotationType().toString();
      uses.add(new Named("@" + name.substring(name.lastIndexOf('.') + 1), line(node)));
      return super.visitAnnotation(node, null);
    }

    @Override
    public @Nullable Void visitIdentifier(IdentifierTree node, @Nullable Void nothing) {
      uses.add(new Named(node.getName().toString(), line(node)));
      return null;
    }

    @Override
    public @Nullable Void visitMemberSelect(MemberSelectTree node, @Nullable Void nothing) {
      return use(node, node.getExpression(), node.getIdentifier().toString());
    }

    @Override
    public @Nullable Void visitMemberReference(MemberReferenceTree node, @Nullable Void nothing) {
      return use(node, node.getQualifierExpression(), node.getName().toString());
    }

    /** A chain of plain names is one use; after a call or the like only the last name is. */
    private @Nullable Void use(Tree node, ExpressionTree before, String name) {
      boolean plain = before.toString().matches("[\\w.]+");
      uses.add(new Named(plain ? before + "." + name : name, line(node)));
      return plain ? null : scan(before, null);
    }

    private int line(Tree node) {
      return lineAt(positions.getStartPosition(unit, node));
    }

    private int lineAt(long position) {
      return position < 0 ? 0 : (int) unit.getLineMap().getLineNumber(position);
    }
  }
}
