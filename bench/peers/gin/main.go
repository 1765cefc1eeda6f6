// Peer "gin": Gin with gorilla/websocket, a goroutine per connection, as their examples do it. Ends when the benchmark ends
// its process. Fan-out frames a message once (PreparedMessage) and writes it to every member, one writer at a time.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

type member struct {
	socket *websocket.Conn
	turn   sync.Mutex
}

type room struct {
	lock    sync.RWMutex
	members map[*member]struct{}
}

func echo(c *gin.Context) {
	socket, err := upgrader.Upgrade(c.Writer, c.Request, nil)
	if err != nil {
		return
	}
	defer socket.Close()
	for {
		kind, data, err := socket.ReadMessage()
		if err != nil {
			return
		}
		if err := socket.WriteMessage(kind, data); err != nil {
			return
		}
	}
}

func (r *room) fan(c *gin.Context) {
	socket, err := upgrader.Upgrade(c.Writer, c.Request, nil)
	if err != nil {
		return
	}
	self := &member{socket: socket}
	r.lock.Lock()
	r.members[self] = struct{}{}
	r.lock.Unlock()
	defer func() {
		r.lock.Lock()
		delete(r.members, self)
		r.lock.Unlock()
		socket.Close()
	}()
	for {
		kind, data, err := socket.ReadMessage()
		if err != nil {
			return
		}
		prepared, err := websocket.NewPreparedMessage(kind, data)
		if err != nil {
			return
		}
		r.lock.RLock()
		for one := range r.members {
			one.turn.Lock()
			one.socket.WritePreparedMessage(prepared)
			one.turn.Unlock()
		}
		r.lock.RUnlock()
	}
}

func main() {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	everyone := &room{members: map[*member]struct{}{}}
	router.GET("/echo", echo)
	router.GET("/fan", everyone.fan)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"port":    listener.Addr().(*net.TCPAddr).Port,
		"version": gin.Version + " on " + runtime.Version(),
	})
	http.Serve(listener, router)
}
