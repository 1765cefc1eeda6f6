// A server on Gin with gorilla/websocket that the soak is tried on. Arguments: leak, goroutine or repaired; bytes. It keeps a slice of
// so many bytes of each connection: for ever, or until it ends; "goroutine" leaves one behind that waits for ever and holds it.
// Says its port in the first line. Has /debug/pprof/ and /metrics as client_golang would write it. Ends with its standard input.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/websocket"
)

var (
	upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	lock     sync.Mutex
	kept     = map[int][]byte{}
	visitors int
)

func remember(bytes int) int {
	lock.Lock()
	defer lock.Unlock()
	visitors++
	kept[visitors] = make([]byte, bytes)
	return visitors
}

func forget(id int) {
	lock.Lock()
	defer lock.Unlock()
	delete(kept, id)
}

func waitForEver(id int) {
	never := make(chan int)
	defer forget(id)
	<-never
}

func echo(mode string, bytes int) gin.HandlerFunc {
	return func(c *gin.Context) {
		socket, err := upgrader.Upgrade(c.Writer, c.Request, nil)
		if err != nil {
			return
		}
		defer socket.Close()
		id := remember(bytes)
		if mode == "repaired" {
			defer forget(id)
		}
		if mode == "goroutine" {
			go waitForEver(id)
		}
		for {
			kind, data, err := socket.ReadMessage()
			if err != nil {
				return
			}
			if socket.WriteMessage(kind, data) != nil {
				return
			}
		}
	}
}

func resident() int {
	text, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize()
}

func metrics(c *gin.Context) {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	c.String(200, "# TYPE go_memstats_heap_alloc_bytes gauge\ngo_memstats_heap_alloc_bytes %e\n"+
		"go_memstats_heap_inuse_bytes %d\nprocess_resident_memory_bytes %d\n", float64(stats.HeapAlloc), stats.HeapInuse, resident())
}

func main() {
	mode := os.Args[1]
	bytes, _ := strconv.Atoi(os.Args[2])
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.GET("/ws", echo(mode, bytes))
	router.GET("/metrics", metrics)
	router.GET("/debug/pprof/*any", gin.WrapH(http.DefaultServeMux))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go http.Serve(listener, router)
	io.Copy(io.Discard, os.Stdin)
}
