package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The heap behind open objects is bounded by construction, however many they are and however large.
 *
 * <p>Counted, not measured: every byte array that can be reached from the objects.
 */
class HeldMemoryTest {
    private static final int OBJECTS = 64;
    private static final long SPOOL_MEMORY = 4 * 1024 * 1024;
    private static final int ROUNDS = 40;

    @TempDir Path directory;

    @ParameterizedTest
    @EnumSource(Compression.class)
    void openObjectsHoldTheSpoolsMemoryAndAConstantEach(Compression compression) {
        LandingSettings settings = new LandingSettings(Layout.under(""), compression, 1,
                new Rotation(1, 1, 1), SPOOL_MEMORY, directory, StartAt.EARLIEST);
        MemoryBudget budget = new MemoryBudget(SPOOL_MEMORY);
        List<OpenObject> objects = new ArrayList<>();
        for (int i = 0; i < OBJECTS; i++) {
            objects.add(new OpenObject(settings, budget, 0));
        }
        long bound = SPOOL_MEMORY + OBJECTS * OpenObject.HEAP_BESIDE_SPOOL;
        long most = 0;
        Random random = new Random(64);
        RecordLine line = new RecordLine();
        for (int round = 0; round < ROUNDS; round++) {
            objects.forEach(object -> fill(object, line, random));
            long held = byteArrays(List.of(objects, budget));
            assertTrue(held <= bound, held + " bytes held, at most " + bound + " allowed");
            most = Math.max(most, held);
        }
        assertTrue(most > SPOOL_MEMORY, "the objects never filled the memory they may use");
        objects.forEach(OpenObject::discard);
    }

    /** Random bytes: what compression cannot shrink needs the most room. */
    private static void fill(OpenObject object, RecordLine line, Random random) {
        byte[] value = new byte[8 * 1024];
        random.nextBytes(value);
        LandingRecord record = new LandingRecord(
                Bench.P0, object.recordCount(), 1L, "CreateTime", null, List.of(), value);
        object.append(record, line.encode(record));
    }

    private static long byteArrays(Object root) {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> waiting = new ArrayDeque<>(List.of(root));
        long bytes = 0;
        while (!waiting.isEmpty()) {
            Object next = waiting.pop();
            if (!seen.add(next)) {
                continue;
            }
            if (next instanceof byte[] array) {
                bytes += array.length;
            } else if (next instanceof Object[] array) {
                for (int i = 0; i < array.length; i++) {
                    visit(Array.get(array, i), waiting);
                }
            } else {
                fields(next, waiting);
            }
        }
        return bytes;
    }

    private static void fields(Object owner, Deque<Object> waiting) {
        for (Class<?> type = owner.getClass(); type != null; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                    visit(read(field, owner), waiting);
                }
            }
        }
    }

    /** Null for what Java keeps closed: the pom opens the packages that hold buffers. */
    private static Object read(Field field, Object owner) {
        try {
            field.setAccessible(true);
            return field.get(owner);
        } catch (InaccessibleObjectException e) {
            return null;
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    private static void visit(Object value, Deque<Object> waiting) {
        if (value != null && !(value instanceof Class<?>) && !(value instanceof Thread)) {
            waiting.push(value);
        }
    }
}
